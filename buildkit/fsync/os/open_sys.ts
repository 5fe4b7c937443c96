import { openDenoFs } from "./deno_fs.ts";
import { openLibc } from "./libc.ts";
import type { Sys } from "./sys.ts";

/**
 * The system calls of this platform. Opening them costs 2 to 3 ms, so calls that follow each other
 * share them; they are disposed of when no transfer uses them any more.
 */
export function openSys(): Sys {
  return openLibc() ?? openDenoFs();
}
