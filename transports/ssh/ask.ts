import { printable } from "../../base/width.ts";

/** Asks on the terminal that controls this process; returns undefined where it has none. */
export async function askOnTerminal(file: string, again: boolean): Promise<string | undefined> {
  if (Deno.build.os === "windows") return undefined;
  using tty = await Deno.open("/dev/tty", { read: true, write: true }).catch(() => undefined);
  if (tty === undefined) return undefined;
  const wrong = again ? "Bad passphrase, try again for " : "Enter passphrase for key ";
  await tty.write(new TextEncoder().encode(`${wrong}'${printable(file)}': `));
  // The terminal must not echo the passphrase.
  tty.setRaw(true, { cbreak: true });
  try {
    const byte = new Uint8Array(1);
    const bytes: number[] = [];
    while (await tty.read(byte) === 1 && byte[0] !== 10 && byte[0] !== 13) {
      if (byte[0] === 127) bytes.pop();
      else bytes.push(byte[0]!);
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  } finally {
    tty.setRaw(false);
    await tty.write(new TextEncoder().encode("\n"));
  }
}
