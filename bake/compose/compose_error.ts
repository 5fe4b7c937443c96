/** A compose file that can't be taken. The message is the peer's where it has one for the case. */
export class ComposeError extends Error {
  override readonly name = "ComposeError";
  /** @param hint what to try, as a sentence without full stop */
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}
