/**
 * The exit codes, which are buildx's. 141 is what a shell shows for a program that SIGPIPE ended,
 * which is how Go's programs end when the reader of their output is gone.
 */
export const exitCodes = {
  generic: 1,
  internal: 100,
  resourceExhausted: 102,
  /** The terminal is gone; as a shell shows a program that SIGHUP ended. */
  hungUp: 129,
  cancelled: 130,
  outputClosed: 141,
} as const;
