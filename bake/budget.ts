/**
 * Limits of one evaluation, or of one reading of compose files. The limits keep a definition from
 * using up time or memory. Both works run without a pause, so nothing else happens until they end.
 */

/** A value or an evaluation is larger than the limits allow. No `try()` catches this error. */
export class LimitError extends Error {
  override readonly name = "LimitError";
}

/** UTF-16 units of one string, and bytes of one value: see `Value.size`. */
export const MAX_SIZE = 1 << 24;

/** A step takes about a microsecond. A big definition takes some ten thousand steps. */
const MAX_STEPS = 2_000_000;

/** Bytes of all values that templates and functions make in one evaluation. */
const MAX_BYTES = 1 << 28;

/** Bytes of a value that are read or written in about one step. */
const BYTES_PER_STEP = 64;

export class Budget {
  #steps = 0;
  #bytes = 0;

  /** @param work the work in the errors, as the subject of a sentence */
  constructor(private readonly work = "the evaluation") {}

  /** Counts steps of work. Throws {@link LimitError} when the evaluation takes too long. */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > MAX_STEPS) {
      throw new LimitError(`${this.work} takes more than 2 million steps`);
    }
  }

  /** Counts the work of reading a whole value. */
  read({ size }: { readonly size: number }): void {
    this.step(size / BYTES_PER_STEP);
  }

  /** Counts the work of converting a value. Most of it is sorting, where the result is a set. */
  converted({ size, content }: { readonly size: number; readonly content: unknown }): void {
    this.step(size / 16 + (Array.isArray(content) ? 8 * content.length : 0));
  }

  /** Counts the work and the memory of a new value. Throws {@link LimitError}. */
  made<T extends { readonly size: number }>(value: T): T {
    this.read(value);
    this.#bytes += value.size;
    if (this.#bytes > MAX_BYTES) {
      throw new LimitError(`${this.work} makes more than 256 MiB of values`);
    }
    return value;
  }
}

/** Throws {@link LimitError} for a string that would be too long, before it is made. */
export function checkLength(length: number): void {
  if (length > MAX_SIZE) throw new LimitError("a string is longer than 16 MiB");
}
