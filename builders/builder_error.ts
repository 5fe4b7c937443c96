/** A builder that can't be had: unknown, unreadable, of a driver that fairlead doesn't handle. */
export class BuilderError extends Error {
  override readonly name = "BuilderError";
  /** What to try, as a sentence without full stop. */
  readonly hint: string | undefined;
  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}
