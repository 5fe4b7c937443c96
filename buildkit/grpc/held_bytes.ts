/**
 * The size of a block, in bytes. The first block is only as large as its first chunk, because most
 * calls hold one message.
 */
const BLOCK = 64 << 10;

/**
 * Received bytes that wait for their reader, copied into reused blocks. One copy for each chunk
 * would leave tens of megabytes to the garbage collector, which counts objects sooner than bytes.
 */
export class HeldBytes {
  /** The blocks in order: the first is read, the last is written, those between are full. */
  readonly #blocks: Uint8Array[] = [];
  readonly #free: Uint8Array[] = [];
  #readAt = 0;
  #writtenTo = 0;

  /** Copies a chunk to the end. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      let last = this.#blocks.at(-1);
      if (last === undefined || this.#writtenTo === last.length) {
        last = this.#blocks.length === 0
          ? new Uint8Array(chunk.length - at)
          : this.#free.pop() ?? new Uint8Array(BLOCK);
        this.#blocks.push(last);
        this.#writtenTo = 0;
      }
      const part = chunk.subarray(at, at + last.length - this.#writtenTo);
      last.set(part, this.#writtenTo);
      this.#writtenTo += part.length;
      at += part.length;
    }
  }

  /** The next bytes, in place, until `next` is called again; undefined when there are none. */
  next(): Uint8Array | undefined {
    let first = this.#blocks[0];
    while (first !== undefined && this.#readAt === this.#endOf(first)) {
      this.#blocks.shift();
      if (first.length === BLOCK) this.#free.push(first);
      this.#readAt = 0;
      first = this.#blocks[0];
    }
    return first?.subarray(this.#readAt, this.#endOf(first));
  }

  /** Marks so many bytes of the last `next` as read. */
  take(count: number): void {
    if (this.#blocks.length > 0) this.#readAt += count; // none: cleared meanwhile
  }

  clear(): void {
    this.#blocks.length =
      this.#free.length =
      this.#readAt =
      this.#writtenTo =
        0;
  }

  #endOf(block: Uint8Array): number {
    return block === this.#blocks.at(-1) ? this.#writtenTo : block.length;
  }
}
