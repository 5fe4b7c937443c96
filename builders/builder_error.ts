/** An error in the arguments or in the store, or of a daemon that can't be made. */
export class BuilderError extends Error {
  /** The name of the class. */
  override readonly name = "BuilderError";
  /** The remedy: a sentence without a full stop. */
  readonly hint: string | undefined;
  /** Makes an error with a remedy. */
  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}
