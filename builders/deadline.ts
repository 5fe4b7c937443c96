import { abortable, after } from "../base/async.ts";

/** A signal that follows the outer one and fires when the time is up. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #follow = () => this.#controller.abort(this.#outer.reason);
  readonly #stop: (() => void) | undefined;
  passed = false;

  constructor({ signal, timeout }: { signal: AbortSignal; timeout: number }) {
    this.#outer = signal;
    if (signal.aborted) this.#follow();
    signal.addEventListener("abort", this.#follow, { once: true });
    if (timeout > 0) {
      this.#stop = after(timeout, () => {
        this.passed = true;
        this.#controller.abort(new DOMException("timed out", "TimeoutError"));
      });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Settles as the promise, or rejects with the signal's reason if that comes first. */
  race<T>(promise: Promise<T>): Promise<T> {
    return abortable(promise, this.signal);
  }

  [Symbol.dispose]() {
    this.#stop?.();
    this.#outer.removeEventListener("abort", this.#follow);
  }
}
