/**
 * The flags of Deno for the bundled program, both in a binary and in a measurement.
 * docs/decisions/0006-start-up.md says how much each of V8's flags saves.
 */
const v8Flags = [
  // Functions are compiled with their file, so that the code cache holds them.
  "--no-lazy",
  // A short run then ends before the young generation needs a second collection.
  "--min-semi-space-size=4",
  // A run of 50 ms isn't worth the baseline compiler; for longer runs the optimizing one remains.
  "--no-sparkplug",
  "--invocation-count-for-maglev=3000",
  // The same for the policies' WebAssembly: its optimizing compiler costs more than it saves.
  "--liftoff-only",
];

/** The words between `deno` and the program's file. */
export const runFlags: readonly string[] = [
  ...["run", "-A", "--quiet", "--no-config", "--no-lock"],
  `--v8-flags=${v8Flags.join()}`,
];
