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
    const keys: number[] = [];
    while (await tty.read(byte) === 1 && !ENDS.includes(byte[0]!)) keys.push(byte[0]!);
    return typedText(Uint8Array.from(keys));
  } finally {
    tty.setRaw(false);
    await tty.write(new TextEncoder().encode("\n"));
  }
}

/** Ctrl-D, line feed, carriage return. */
const ENDS = [4, 10, 13];

/** The text that the keys type: a backspace deletes a character, and Ctrl-U deletes all. */
export function typedText(keys: Uint8Array): string {
  const text: string[] = [];
  for (const key of new TextDecoder().decode(keys)) {
    if (key === "\x7f" || key === "\b") text.pop();
    else if (key === "\x15") text.length = 0;
    else text.push(key);
  }
  return text.join("");
}
