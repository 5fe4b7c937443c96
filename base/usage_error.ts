/**
 * A command line that can't be followed: an unknown flag, a value that is no number, a missing
 * argument. The message is written as Go's pflag and cobra write it, since scripts match on it.
 */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
  /** @param hint what to try, as a sentence without full stop */
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}

/** A flag that is unknown, lacks its value, or has a wrong one. */
export class FlagError extends UsageError {
  override readonly name = "FlagError";
}

/** A wrong flag as docker's plugins tell of it: the usage below, no `ERROR:`, no hint, exit code 125. */
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
