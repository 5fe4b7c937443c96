/**
 * A stretch of time in which a vertex ran, in milliseconds since 1970: a double holds today's to
 * 0.25 µs.
 */
export interface Span {
  readonly start: number;
  /** undefined: still running. */
  readonly stop: number | undefined;
}

/**
 * The largest number of open stretches, and of ended stretches, of a vertex. No real build comes
 * near, but a daemon could send millions. Beyond the limit, the oldest ended stretches are added
 * up, and further open ones are ignored.
 */
const LIMIT = 100;

/**
 * The times at which a vertex ran. It may run more than once (its result was needed again, or a
 * progress group has several members); overlapping stretches count once.
 */
export class Spans {
  /** Starts of stretches without an end. */
  readonly #open = new Set<number>();
  #firstOpen = Infinity;
  /** Stretches that ended, in order; they neither overlap nor touch. */
  readonly #closed: { start: number; stop: number }[] = [];
  /** Milliseconds in stretches that are not kept, and when the last of those ended. */
  #settled = 0;
  #settledUntil = -Infinity;

  /** Notes the stretch that began at `start`. Returns whether that changed anything. */
  set(start: number, stop: number | undefined): boolean {
    if (stop === undefined) {
      if (this.#open.has(start) || this.#open.size >= LIMIT) return false;
      this.#open.add(start);
      this.#firstOpen = Math.min(this.#firstOpen, start);
      return true;
    }
    const wasOpen = this.#open.delete(start);
    if (wasOpen && start === this.#firstOpen) this.#firstOpen = Math.min(Infinity, ...this.#open);
    return this.#close(start, Math.max(start, stop)) || wasOpen;
  }

  #close(start: number, stop: number): boolean {
    const closed = this.#closed;
    // Most stretches end after all others.
    let from = closed.length;
    while (from > 0 && closed[from - 1]!.stop >= start) from--;
    let to = from;
    const joined = { start, stop };
    while (to < closed.length && closed[to]!.start <= stop) {
      const other = closed[to++]!;
      if (other.start <= start && other.stop >= stop) return false;
      joined.start = Math.min(joined.start, other.start);
      joined.stop = Math.max(joined.stop, other.stop);
    }
    if (from === 0 && to === 0 && closed.length >= LIMIT) return false;
    closed.splice(from, to - from, joined);
    if (closed.length > LIMIT) {
      const oldest = closed.shift()!;
      this.#settled += Math.max(0, oldest.stop - Math.max(oldest.start, this.#settledUntil));
      this.#settledUntil = Math.max(oldest.stop, this.#settledUntil);
    }
    return true;
  }

  get isStarted(): boolean {
    return this.#open.size > 0 || this.#closed.length > 0;
  }

  get isRunning(): boolean {
    return this.#open.size > 0;
  }

  /** The last stretch, if any; an open one swallows all that began after it. */
  last(): Span | undefined {
    if (!this.isRunning) return this.#closed.at(-1);
    return { start: this.#runningSince(), stop: undefined };
  }

  /** Stretches in order of their starts. */
  list(): Span[] {
    if (!this.isRunning) return [...this.#closed];
    const since = this.#runningSince();
    return [
      ...this.#closed.filter(({ start }) => start < since),
      { start: since, stop: undefined },
    ];
  }

  /** The first open one's start, or that of the ended stretch which it began in. */
  #runningSince(): number {
    const first = this.#firstOpen;
    const around = this.#closed.find(({ start, stop }) => start <= first && first <= stop);
    return around?.start ?? first;
  }

  /**
   * Milliseconds covered; a running stretch counts until `now`. Never negative, even if a clock was
   * set back.
   */
  duration(now: number): number {
    let total = this.#settled;
    for (const { start, stop } of this.list()) total += Math.max(0, (stop ?? now) - start);
    return total;
  }
}
