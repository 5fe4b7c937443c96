/** Files that are sent in measurements. */

export async function writeRandom(path: string, size: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const chunk = new Uint8Array(1 << 20);
  for (let written = 0; written < size; written += chunk.length) {
    // Different beginnings are enough: no part of the transfer compresses or deduplicates.
    for (let at = 0; at < chunk.length; at += 65_536) {
      crypto.getRandomValues(chunk.subarray(at, at + 65_536));
    }
    await file.write(chunk);
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
