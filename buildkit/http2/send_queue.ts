import type { Source } from "./source.ts";

/** Chunks from this size on are kept by reference; smaller ones are packed together. */
const KEEP = 4096;
/** Small chunks are packed into slabs of this many bytes. */
const SLAB = 16_384;

interface Entry {
  bytes: Uint8Array;
  onTaken: (() => void) | undefined;
}

interface Waiter {
  below: number;
  resolve(): void;
  reject(error: Error): void;
}

/** The ordinary source: a queue of chunks. */
export class SendQueue implements Source {
  #entries: Entry[] = [];
  #head = 0;
  #offset = 0; // into the head entry
  #slab: Uint8Array | undefined; // the last entry's buffer, while it has room
  #queued = 0;
  #ended = false;
  #error: Error | undefined;
  #waiters: Waiter[] = [];
  #wake: (() => void) | undefined;

  /** @param onLeft hears of bytes that were sent or dropped */
  constructor(private readonly onLeft: (bytes: number) => void = () => {}) {}

  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes pushed and not yet copied into a frame. */
  available(): number {
    return this.#queued;
  }

  /**
   * Queues a chunk. One of 4 KiB or more is kept by reference and must not change until `onTaken`
   * is called: when it has been copied out whole, or will never be. A smaller one is copied at
   * once. Throws what failed the queue, and an Error after `end`.
   */
  push(chunk: Uint8Array, onTaken?: () => void): void {
    if (this.#error) throw this.#error;
    if (this.#ended) throw new Error("cannot queue bytes: the stream has been ended");
    const length = chunk.length;
    if (length >= KEEP) {
      this.#slab = undefined;
      this.#entries.push({ bytes: chunk, onTaken });
    } else if (length > 0) {
      this.#pack(chunk);
    }
    this.#queued += length;
    if (length < KEEP) onTaken?.();
    if (length > 0) this.#wake?.();
  }

  /** Ends the queue. May be called twice. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
  }

  /**
   * Resolves when no more than `below` bytes are queued: await it before pushing more.
   * Rejects when the stream ends with bytes unsent.
   */
  drained(below: number): Promise<void> {
    if (this.#error) return Promise.reject(this.#error);
    if (this.#queued <= below) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ below, resolve, reject }));
  }

  pull(into: Uint8Array): number {
    const end = into.length;
    let at = 0;
    while (at < end && this.#head < this.#entries.length) {
      const entry = this.#entries[this.#head]!;
      const bytes = entry.bytes;
      const left = bytes.length - this.#offset;
      const room = end - at;
      if (left > room) {
        into.set(bytes.subarray(this.#offset, this.#offset + room), at);
        this.#offset += room;
        at = end;
        break;
      }
      into.set(this.#offset === 0 ? bytes : bytes.subarray(this.#offset), at);
      at += left;
      this.#shift();
      entry.onTaken?.();
    }
    this.#queued -= at;
    this.onLeft(at);
    if (this.#waiters.length > 0) this.#settle();
    return at;
  }

  /** Drops the queue and rejects pending `drained` calls; further pushes throw `error`. */
  fail(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    const dropped = this.#entries.slice(this.#head);
    this.onLeft(this.#queued);
    this.#entries = [];
    this.#head = this.#offset = this.#queued = 0;
    this.#slab = undefined;
    for (const entry of dropped) entry.onTaken?.();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(error);
  }

  attached(wake: () => void): void {
    this.#wake = wake;
  }

  detached(error?: Error): void {
    this.#wake = undefined;
    this.#ended = true;
    if (error !== undefined || this.#queued > 0) {
      this.fail(error ?? new Error("cannot send the queued bytes: the stream is over"));
    }
  }

  #pack(chunk: Uint8Array): void {
    let rest = chunk;
    const slab = this.#slab;
    if (slab !== undefined) {
      const last = this.#entries[this.#entries.length - 1]!;
      const used = last.bytes.length;
      const fits = Math.min(slab.length - used, rest.length);
      slab.set(rest.subarray(0, fits), used);
      last.bytes = slab.subarray(0, used + fits);
      rest = rest.subarray(fits);
      if (rest.length === 0) return;
    }
    // A lone small chunk gets a buffer of its own size: most messages are one.
    const fresh = new Uint8Array(
      slab === undefined && this.#head === this.#entries.length ? Math.max(rest.length, 256) : SLAB,
    );
    fresh.set(rest);
    this.#slab = fresh;
    this.#entries.push({ bytes: fresh.subarray(0, rest.length), onTaken: undefined });
  }

  #shift(): void {
    this.#head++;
    this.#offset = 0;
    if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
      this.#slab = undefined;
    } else if (this.#head >= 64 && this.#head * 2 >= this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #settle(): void {
    const queued = this.#queued;
    this.#waiters = this.#waiters.filter((waiter) => {
      if (queued > waiter.below) return true;
      waiter.resolve();
      return false;
    });
  }
}
