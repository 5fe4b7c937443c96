/**
 * Flow control as the receiver sees it (RFC 9113 §5.2, §6.9): the peer may send as many bytes of
 * DATA as our window holds; each byte that has been consumed is given back by WINDOW_UPDATE, here
 * once half a window has come together, so that the answers are few and the peer still never waits
 * for one on a quick link.
 */
export class ReceiveWindow {
  readonly #size: number;
  #left: number;
  #consumed = 0;

  /**
   * `size`: bytes the peer may have under way. `left`: how many it may send now, when it does not
   * know of `size` yet.
   */
  constructor(size: number, left = size) {
    this.#size = size;
    this.#left = left;
  }

  /** Counts `n` bytes of DATA that came in; false when the peer sent more than it may. */
  take(n: number): boolean {
    this.#left -= n;
    return this.#left >= 0;
  }

  /** Counts `n` bytes as consumed. Returns the increment to send now, or 0 to wait for more. */
  credit(n: number): number {
    this.#consumed += n;
    if (this.#consumed * 2 < this.#size) return 0;
    const increment = this.#consumed;
    this.#consumed = 0;
    this.#left += increment;
    return increment;
  }
}
