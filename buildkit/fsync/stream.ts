/** One DiffCopy call, as file sync sees it: messages both ways, nothing of gRPC. */
export interface PacketStream {
  /**
   * Queues one message: `head`, then `body`. `head` is copied before this returns. `body` is kept by reference, not to
   * be touched until `taken` is called.
   */
  send(head: Uint8Array, body?: Uint8Array, taken?: () => void): void;
  /** Resolves when less than `below` bytes wait to be sent. Rejects when the call is over. */
  drained(below: number): Promise<void>;
  /**
   * Hands each message to `onMessage`, valid only until that returns (what a promise of it still needs is copied); the
   * next one waits for the promise. Resolves at the end of the stream, rejects with the call's error.
   */
  receive(onMessage: (message: Uint8Array) => void | Promise<void>): Promise<void>;
  /**
   * Reports an error to the observer of this side at once, while packets of the peer are still
   * read.
   */
  report(error: unknown): void;
  /** Aborts when the call is over for whatever reason. */
  readonly signal: AbortSignal;
}

/** Something that went wrong with one entry and did not stop the transfer. */
export interface Warning {
  /** Relative to the root. */
  readonly path: string;
  /** Why, for people. */
  readonly reason: string;
}

/** How far a transfer is. */
export interface Progress {
  /** Entries listed so far: files, folders, links and all. */
  entries: number;
  /** Files whose content has gone over whole. */
  files: number;
  /** Bytes of content so far. */
  bytes: number;
}

/** Lets the event loop look at everything else that is ready, which `setTimeout(0)` does only after a millisecond. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
