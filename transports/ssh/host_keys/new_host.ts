/** Adds lines for new hosts to known_hosts, as ssh does. */
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
  const before = await Deno.readTextFile(file).catch(() => "");
  const isCutOff = before !== "" && !before.endsWith("\n");
  const shown = hashed ? await hashedName(name.toLowerCase()) : name.toLowerCase();
  const line = `${isCutOff ? "\n" : ""}${shown} ${keyType(key)} ${key.toBase64()}\n`;
  await Deno.writeTextFile(file, line, { append: true, mode: 0o644 });
}

async function hashedName(name: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(20));
  return `|1|${salt.toBase64()}|${(await hashOfName(name, salt)).toBase64()}`;
}
