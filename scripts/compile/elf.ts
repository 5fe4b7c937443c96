/**
 * Programs in ELF, 64 bits, little-endian: https://refspecs.linuxfoundation.org/elf/gabi4+/
 */
import { writeAll } from "../../base/bytes.ts";

const PT_INTERP = 3;

/**
 * Names the program's interpreter: its loader. The name goes to the end of the file, where the
 * kernel finds it by the header's offset; the loader doesn't look at it. Throws an Error for
 * another file.
 */
export async function setInterpreter(path: string, loader: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const header = await readAt(file, 0, 64);
  if (header.getUint32(0) !== 0x7f45_4c46 || header.getUint16(4) !== 0x0201) {
    throw new Error(`${path} is not a 64-bit ELF program`);
  }
  const table = Number(header.getBigUint64(32, true));
  const [size, count] = [header.getUint16(54, true), header.getUint16(56, true)];
  for (let at = table; at < table + size * count; at += size) {
    const entry = await readAt(file, at, size);
    if (entry.getUint32(0, true) !== PT_INTERP) continue;
    const name = new TextEncoder().encode(`${loader}\0`);
    const end = await file.seek(0, Deno.SeekMode.End);
    await writeAll(file, name);
    entry.setBigUint64(8, BigInt(end), true);
    entry.setBigUint64(32, BigInt(name.length), true);
    await file.seek(at, Deno.SeekMode.Start);
    await writeAll(file, new Uint8Array(entry.buffer));
    return;
  }
  throw new Error(`${path} names no interpreter`);
}

async function readAt(file: Deno.FsFile, at: number, size: number): Promise<DataView> {
  const bytes = new Uint8Array(size);
  await file.seek(at, Deno.SeekMode.Start);
  for (let got = 0; got < size;) {
    const count = await file.read(bytes.subarray(got));
    if (count === null) throw new Error("the program ends in the middle of a header");
    got += count;
  }
  return new DataView(bytes.buffer);
}
