/** Known_hosts as ssh writes it: a line for a host of which nothing was known. */
import { keyType } from "./keys/public_key.ts";
import { hashOfName } from "./known_hosts.ts";

/** A host, and where to write it down. */
export interface NewHost {
  readonly file: string;
  /** As known_hosts calls it. */
  readonly name: string;
  readonly key: Uint8Array;
  /** The name is not to be read. */
  readonly hashed: boolean;
}

/** Adds the line; `~/.ssh` is made where it is missing. Throws what the file system says. */
export async function writeNewHost({ file, name, key, hashed }: NewHost): Promise<void> {
  const folder = file.slice(0, file.lastIndexOf("/"));
  if (folder.endsWith("/.ssh")) await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  using open = await Deno.open(file, { read: true, append: true, create: true, mode: 0o644 });
  const { isFile, size } = await open.stat();
  let isCutOff = false;
  if (isFile && size > 0) {
    const last = new Uint8Array(1);
    await open.seek(-1, Deno.SeekMode.End);
    isCutOff = await open.read(last) === 1 && last[0] !== 10;
  }
  const shown = hashed ? await hidden(name.toLowerCase()) : name.toLowerCase();
  const line = `${isCutOff ? "\n" : ""}${shown} ${keyType(key)} ${key.toBase64()}\n`;
  const bytes = new TextEncoder().encode(line);
  for (let at = 0; at < bytes.length;) at += await open.write(bytes.subarray(at));
}

async function hidden(name: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(20));
  return `|1|${salt.toBase64()}|${(await hashOfName(name, salt)).toBase64()}`;
}
