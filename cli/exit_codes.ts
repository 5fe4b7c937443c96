/**
 * The exit codes, which are buildx's. A shell shows 141 for a program that SIGPIPE ended: programs
 * in Go end like that when the reader of their output is gone.
 */
export const exitCodes = {
  generic: 1,
  internal: 100,
  resourceExhausted: 102,
  /** The terminal is gone. A shell shows the same code for a program that SIGHUP ended. */
  hungUp: 129,
  cancelled: 130,
  outputClosed: 141,
} as const;
