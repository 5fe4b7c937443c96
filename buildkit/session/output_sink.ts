/**
 * The destination of an output that comes as one stream of bytes: a file, a pipe, a Docker engine.
 *
 * An output lives as long as its build. The daemon sends the bytes while the build runs, and a sink
 * takes them. Only the end of the build shows whether it succeeded, because the daemon ends a
 * failed transfer just as a complete one. So the bytes are kept or removed at the end of the build,
 * not at the end of the transfer.
 */
export interface ByteOutput {
  /**
   * Called when the daemon begins to send. Rejects with an `RpcError` ALREADY_EXISTS when nothing
   * needs to be sent: the daemon takes that as success.
   * @param metadata the metadata that the exporter sends first: `containerimage.digest`,
   * `image.name` …
   */
  open(metadata: Readonly<Record<string, string>>): OutputSink | Promise<OutputSink>;
  /** The build succeeded: the output becomes visible. Rejects with an `OutputError`. */
  commit(): Promise<void>;
  /** The build failed: nothing is left behind. Never rejects. */
  discard(): Promise<void>;
}

/** Takes the bytes of one transfer. */
export interface OutputSink {
  /**
   * Takes bytes, which are valid only until this returns. A promise holds the daemon back until it
   * settles. Throws, or rejects, when the bytes can't be written.
   */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Ends the bytes; resolves when all of them are written. The daemon waits for that. */
  close(): Promise<void>;
  /** Abandons the transfer, instead of `close`. Never rejects. */
  abort(reason: unknown): Promise<void>;
}

/** An output that can't be written. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/** Size of a write, in bytes. More gains nothing. */
const WRITE_SIZE = 1 << 20;
/** Bytes that may wait to be written before the daemon is held back. */
const MOST_WAITING = 2 * WRITE_SIZE;
/** Buffers kept for what comes next. */
const MOST_FREE = 4;

/**
 * Gathers bytes into writes of `WRITE_SIZE`, one at a time, while further bytes are gathered. The
 * daemon's messages may be only 4 KiB each, and one write for each would cost more than the bytes
 * do. Its memory is `MOST_WAITING` and one message, usually 5 MiB.
 * @param writeSome writes at least one byte and resolves to how many
 */
export class Gatherer {
  #filling = new Uint8Array(WRITE_SIZE);
  #filled = 0;
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #running: Promise<void> | undefined;
  #failed: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(private readonly writeSome: (bytes: Uint8Array) => Promise<number>) {}

  /** Takes bytes; throws the error of an earlier write. See `OutputSink.write`. */
  write(bytes: Uint8Array): void | Promise<void> {
    if (this.#failed) throw this.#failed.error;
    for (let at = 0; at < bytes.length;) {
      const n = Math.min(bytes.length - at, WRITE_SIZE - this.#filled);
      this.#filling.set(n === bytes.length ? bytes : bytes.subarray(at, at + n), this.#filled);
      this.#filled += n;
      at += n;
      if (this.#filled === WRITE_SIZE) this.#flush();
    }
    if (this.#full.length * WRITE_SIZE > MOST_WAITING) return this.#room();
  }

  /** Writes the rest; resolves when everything is written. Rejects with the error of a write. */
  async close(): Promise<void> {
    if (this.#filled > 0 && !this.#failed) this.#flush();
    await this.#running;
    if (this.#failed) throw this.#failed.error;
  }

  /** Drops unwritten bytes and waits for the write under way. */
  async abort(): Promise<void> {
    this.#full.length = 0;
    this.#filled = 0;
    this.#failed ??= { error: new OutputError("cannot write: the output was given up") };
    await this.#running;
  }

  #flush(): void {
    this.#full.push(this.#filling.subarray(0, this.#filled));
    this.#filling = this.#free.pop() ?? new Uint8Array(WRITE_SIZE);
    this.#filled = 0;
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      for (let next = this.#full[0]; next !== undefined; next = this.#full[0]) {
        for (let at = 0; at < next.length && !this.#failed;) {
          at += await this.writeSome(next.subarray(at));
        }
        this.#full.shift();
        if (next.length === WRITE_SIZE && this.#free.length < MOST_FREE) this.#free.push(next);
        this.#wakeUp();
      }
    } catch (error) {
      this.#failed = { error };
      this.#full.length = 0;
      this.#wakeUp();
    }
    this.#running = undefined;
  }

  async #room(): Promise<void> {
    while (this.#full.length * WRITE_SIZE > MOST_WAITING) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#failed) throw this.#failed.error;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
