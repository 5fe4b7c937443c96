/**
 * The bytes that a stream will send. They are pulled when their frame is written into the send
 * buffer, so they are copied only once.
 */
export interface Source {
  /**
   * How many bytes `pull` can give right now without waiting: a lower bound, above 0 whenever there
   * is something. At 0 the stream rests until `wake`, or until the peer opens a window.
   */
  available(): number;
  /** How many bytes there are, where `available` counts only those that may be sent now. */
  waiting?(): number;
  /**
   * Copies up to `into.length` bytes into `into` and returns how many; 0 lets the stream rest, even
   * when `available` says otherwise. May call back into the connection, but not into its `pull`.
   */
  pull(into: Uint8Array): number;
  /**
   * True when nothing will follow what `available` counts: END_STREAM then goes with the last byte.
   */
  readonly ended: boolean;
  /** Called once. The source calls `wake` when it has new data or has ended. */
  attached?(wake: () => void): void;
  /** Called once, when the stream is over and pulls no more, with its error if there is one. */
  detached?(error?: Error): void;
}
