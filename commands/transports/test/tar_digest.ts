/** Reads a tar piece by piece, and computes the digest of one of its files. */
export class TarDigest {
  readonly #name: string;
  readonly #hash: Hash;
  readonly #header = new Uint8Array(512);
  #filled = 0;
  /** Bytes of the entry, then of its padding to 512, that are still to come. */
  #content = 0;
  #padding = 0;
  #wanted = false;
  #found = false;

  constructor(name: string, hash: Hash) {
    this.#name = name;
    this.#hash = hash;
  }

  add(bytes: Uint8Array): void {
    while (bytes.length > 0) {
      const count = Math.min(bytes.length, this.#content || this.#padding || 512 - this.#filled);
      const part = bytes.subarray(0, count);
      bytes = bytes.subarray(count);
      if (this.#content > 0) {
        if (this.#wanted) this.#hash.update(part);
        this.#content -= count;
      } else if (this.#padding > 0) {
        this.#padding -= count;
      } else {
        this.#header.set(part, this.#filled);
        this.#filled += count;
        if (this.#filled === 512) this.#begin();
      }
    }
  }

  /** The digest in hex; undefined if the tar lacks the file, or ends within it. */
  digest(): string | undefined {
    return this.#found && this.#content === 0 ? this.#hash.digest("hex") : undefined;
  }

  /**
   * POSIX: the name is 100 bytes at 0, the size octal digits at 124, ends are filled with zeros.
   */
  #begin(): void {
    this.#filled = 0;
    const text = (from: number, to: number) =>
      new TextDecoder().decode(this.#header.subarray(from, to)).replace(/\0.*$/s, "");
    this.#content = parseInt(text(124, 136).trim() || "0", 8);
    this.#padding = -this.#content & 511;
    this.#wanted = text(0, 100).replace(/^\.?\//, "") === this.#name;
    this.#found ||= this.#wanted;
  }
}

interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}
