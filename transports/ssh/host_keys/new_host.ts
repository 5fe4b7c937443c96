/** Adds lines for new hosts to known_hosts, as ssh does. */
import { writeAll } from "../../../base/bytes.ts";
import { keyType } from "../keys/public_key.ts";
import { hashOfName } from "./known_hosts.ts";

/** A new host, and the file that gets its line. */
interface NewHost {
  readonly file: string;
  /** The host's name in known_hosts. */
  readonly name: string;
  readonly key: Uint8Array;
  /** True when the name is written hashed. */
  readonly hashed: boolean;
}

/** Adds the line, and creates `~/.ssh` where it is missing. Throws the file system's errors. */
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
  const shown = hashed ? await hashedName(name.toLowerCase()) : name.toLowerCase();
  const line = `${isCutOff ? "\n" : ""}${shown} ${keyType(key)} ${key.toBase64()}\n`;
  await writeAll(open, new TextEncoder().encode(line));
}

async function hashedName(name: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(20));
  return `|1|${salt.toBase64()}|${(await hashOfName(name, salt)).toBase64()}`;
}
