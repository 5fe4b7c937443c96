import { UsageError } from "../base/usage_error.ts";

/** A mistake in a definition, or in a request about one. */
export class BakeError extends UsageError {
  override readonly name: string = "BakeError";
  /** The excerpt of the file, which is printed above the message. */
  readonly above?: readonly string[];

  constructor(
    message: string,
    options: { above?: readonly string[]; cause?: unknown; hint?: string } = {},
  ) {
    super(message, options.hint);
    if (options.cause !== undefined) this.cause = options.cause;
    if (options.above !== undefined) this.above = options.above;
  }
}

/** A mistake in a compose file. The message is the peer's where the peer has one for the case. */
export class ComposeError extends UsageError {
  override readonly name: string = "ComposeError";
}
