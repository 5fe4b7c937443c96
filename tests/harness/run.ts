/** Runs a program to its end, for the scripts. */
export { check, type Ran, run, type RunOptions } from "../../scripts/run.ts";
