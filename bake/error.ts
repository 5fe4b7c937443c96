/** What is wrong with a definition, or with what was asked of it. */
export class BakeError extends Error {
  override readonly name = "BakeError";
  /** The excerpt of the file, to stand above the message. */
  readonly above?: readonly string[];

  constructor(message: string, options: { above?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    if (options.above !== undefined) this.above = options.above;
  }
}
