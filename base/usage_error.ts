/**
 * The error for a wrong command line: an unknown flag, a value that is no number, a missing
 * argument. The message has the words of Go's pflag and cobra, because scripts match them.
 */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
  /** @param hint the remedy, as a sentence without full stop */
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}

/** A flag that is unknown, lacks its value, or has a wrong one. */
export class FlagError extends UsageError {
  override readonly name = "FlagError";
}

/**
 * A wrong flag as docker's plugins report it: the usage below, no `ERROR:`, no hint, exit code 125.
 */
export class PluginUsageError extends Error {
  override readonly name = "PluginUsageError";
  readonly bare = true;
  readonly exitCode = 125;
  constructor(cause: FlagError, path: string, usage: string) {
    super(
      `${cause.message}\n\nUsage:  ${usage}\n\nRun '${path} --help' for more information`,
    );
  }
}
