/** A builder that can't be used: unknown, unreadable, or of a driver that fairlead lacks. */
export class BuilderError extends Error {
  override readonly name = "BuilderError";
  /** The remedy, as a sentence without full stop. */
  readonly hint: string | undefined;
  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
  }
}
