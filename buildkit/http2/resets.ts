/**
 * The RST_STREAM frames of a connection. For those that this side sent, the streams are remembered,
 * because frames for them may still arrive (RFC 9113 §5.1, "closed"). Those that the peer sent or
 * caused are counted, because opening and resetting streams costs the peer little and this side
 * much.
 */
import { Code, Http2Error } from "./errors.ts";

const REMEMBERED = 1024;
/** Milliseconds over which resets are counted. */
const SPAN = 10_000;

export class Resets {
  readonly #ours = new Set<number>();
  #count = 0;
  #since = -Infinity;

  /** @param limit how many resets the peer may cause within ten seconds */
  constructor(private readonly limit: number) {}

  remember(streamId: number): void {
    this.#ours.add(streamId);
    if (this.#ours.size <= REMEMBERED) return;
    const [oldest] = this.#ours;
    this.#ours.delete(oldest!);
  }

  has(streamId: number): boolean {
    return this.#ours.has(streamId);
  }

  /**
   * Counts a reset that the peer caused, at `now` (milliseconds). Throws Http2Error
   * ENHANCE_YOUR_CALM above the limit.
   */
  count(now: number): void {
    if (now - this.#since > SPAN) {
      this.#since = now;
      this.#count = 0;
    }
    if (++this.#count > this.limit) {
      throw new Http2Error(Code.ENHANCE_YOUR_CALM, "too many streams reset in ten seconds");
    }
  }
}
