/** A member of a tar archive: a file with its size in bytes, or a folder. */
interface TarMember {
  /** Up to 100 bytes; a folder's ends in `/`. */
  readonly name: string;
  readonly mode: number;
  readonly size: number;
}

const BLOCK = 512;

/**
 * The header of a member in POSIX's ustar format. The owner is 0 and the time is in 1970, so that
 * equal contents make equal archives. The member's bytes follow, then `tarPadding`.
 */
export function tarHeader({ name, mode, size }: TarMember): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(name, 0);
  put(octal(mode, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(size, 11), 124);
  put(octal(0, 11), 136);
  put(" ".repeat(8), 148);
  put(name.endsWith("/") ? "5" : "0", 156);
  put("ustar\x0000", 257);
  put(octal(0, 7), 329);
  put(octal(0, 7), 337);
  // The checksum counts its own field as blanks.
  put(`${octal(header.reduce((sum, byte) => sum + byte, 0), 6)}\x00 `, 148);
  return header;
}

/** The padding of a file's last block. */
export function tarPadding(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((BLOCK - size % BLOCK) % BLOCK);
}

/** The end of an archive. */
export function tarEnd(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(2 * BLOCK);
}
