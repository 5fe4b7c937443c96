/** Running a program to its end, as the scripts do. */
export { check, type Ran, run, type RunOptions } from "../../scripts/run.ts";
