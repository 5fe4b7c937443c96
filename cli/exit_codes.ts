/**
 * The exit codes, which are buildx's. A shell shows 141 for a program that SIGPIPE ended: Go's programs
 * end so when nobody reads their output.
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
