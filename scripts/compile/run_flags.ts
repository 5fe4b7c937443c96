/**
 * How Deno is started for the bundled program, wherever that is: in a binary, in a measurement.
 * What each of V8's saves is in docs/decisions/0006-start-up.md.
 */
const v8Flags = [
  // Functions are compiled with their file, so that the code cache holds them.
  "--no-lazy",
  // A short run fills the young generation once, and is over.
  "--min-semi-space-size=4",
  // What runs for 50 ms is not worth a compiler; what runs longer, is.
  "--no-sparkplug",
  "--invocation-count-for-maglev=3000",
];

/** The words between `deno` and the program's file. */
export const runFlags: readonly string[] = [
  ...["run", "-A", "--quiet", "--no-config", "--no-lock"],
  `--v8-flags=${v8Flags.join()}`,
];
