/** Files that are sent in measurements. */
import { writeAll } from "../../base/bytes.ts";
import { randomBytes } from "../harness/random.ts";

export async function writeRandom(path: string, size: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (let written = 0; written < size; written += 1 << 20) {
    await writeAll(file, randomBytes(1 << 20));
  }
}

/** Files of a size, a hundred a folder. */
export async function writeMany(dir: string, count: number, size: number): Promise<void> {
  const bytes = crypto.getRandomValues(new Uint8Array(size));
  for (let at = 0; at < count; at++) {
    const folder = `${dir}/${Math.floor(at / 100)}`;
    if (at % 100 === 0) await Deno.mkdir(folder);
    bytes[0] = at;
    bytes[1] = at >> 8;
    Deno.writeFileSync(`${folder}/file-${at}`, bytes);
  }
}

export async function touch(path: string): Promise<void> {
  const now = new Date();
  await Deno.utime(path, now, now);
}

export async function* filesBelow(dir: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(dir)) {
    if (entry.isDirectory) yield* filesBelow(`${dir}/${entry.name}`);
    else yield `${dir}/${entry.name}`;
  }
}
