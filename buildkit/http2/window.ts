/**
 * Flow control on the receiver's side (RFC 9113 §5.2, §6.9): the peer may send as many bytes of
 * DATA as our window holds. WINDOW_UPDATE gives consumed bytes back, here once they make up half a
 * window. So the updates are few, and on a quick link the peer never waits for one. On a long link,
 * the first update also widens the window.
 */
export class ReceiveWindow {
  #left: number;
  #consumed = 0;

  /**
   * `size`: bytes the peer may have under way. `left`: how many it may send now, when it does not
   * know of `size` yet. `wanted`: the size that the link is known to need by now.
   */
  constructor(
    private size: number,
    left = size,
    private readonly wanted: () => number = () => size,
  ) {
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
    if (this.#consumed * 2 < this.size) return 0;
    const growth = Math.max(0, this.wanted() - this.size);
    this.size += growth;
    const increment = this.#consumed + growth;
    this.#consumed = 0;
    this.#left += increment;
    return increment;
  }
}
