/**
 * A command line that can't be followed: an unknown flag, a value that is no number, a missing
 * argument. The message is written as Go's pflag and cobra write it, since scripts match on it.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** @param hint what to try, as a sentence without full stop */
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}
