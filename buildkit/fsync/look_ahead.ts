/**
 * Looks at the entries of a folder before the daemon asks for them. A far daemon asks for the
 * Dockerfile and `.dockerignore` first, for five round trips, in which this side has nothing to do.
 * The system calls are most of the work of a walk, so the first windows of its listing leave at
 * once.
 *
 * A file that changes between the look and the request is sent with its old STAT and its new
 * content. The next build sees the new STAT, and sends the file again.
 */
import { after } from "../../base/async.ts";
import { byteString } from "../../base/bytes.ts";
import { makeFilter } from "./patterns/filter.ts";
import type { FileStat, Sys } from "./os/sys.ts";
import { makeSlices } from "./stream.ts";
import { startWalk } from "./walk.ts";

/** Milliseconds after which the recorded results are dropped, because files change. */
const FRESH = 5000;
/** How long a look may hold the event loop, in milliseconds: the daemon's questions go first. */
const SLICE = 1.5;
/** The most entries that are recorded; they take up to 8 MB. */
const MOST = 32_768;

/** A look under way. */
export interface LookAhead {
  /** System calls for a walk of the folder. They repeat recorded results of the look. */
  readonly sys: Sys;
  /** Ends the look, and drops what it recorded. */
  stop(): void;
}

/**
 * Begins to look at the folder `root`, in the pauses of the event loop. Failures are not reported,
 * because the walk itself will meet them.
 * @param excludes patterns of entries that the daemon will probably leave out
 */
export function lookAhead(sys: Sys, root: string, excludes: readonly string[]): LookAhead {
  const folders = new Map<string, readonly string[]>();
  const entries = new Map<string, FileStat>();
  const withoutXattrs = new Map<string, true>();
  let isLooking = true;

  /** The system calls of the look, which are recorded, or of the walk. Both repeat records. */
  function recalling(isLook: boolean): Sys {
    function recall<T>(
      records: Map<string, T>,
      path: Uint8Array,
      repeat: (record: T) => void,
      call: () => number,
      record: () => T,
    ): number {
      if (!isLook && records.size === 0) return call();
      const key = byteString(path.subarray(0, path.indexOf(0)));
      const known = records.get(key);
      if (known === undefined) {
        const result = call();
        if (isLook && result === 0) records.set(key, record());
        return result;
      }
      repeat(known);
      return 0;
    }
    return {
      ...sys,
      lstat(path, into) {
        const call = () => {
          if (!isLook) isLooking = false; // the walk has come further than the look
          return sys.lstat(path, into);
        };
        const copy = () => ({ ...into });
        return recall(entries, path, (known) => Object.assign(into, known), call, copy);
      },
      listXattrs: (path, into) =>
        recall(withoutXattrs, path, () => {}, () => sys.listXattrs(path, into), () => true),
      readDir(path, into) {
        const repeat = (names: readonly string[]) => names.forEach((name) => into.push(name));
        return recall(folders, path, repeat, () => sys.readDir(path, into), () => [...into]);
      },
    };
  }

  async function look(): Promise<void> {
    const walk = startWalk({
      sys: recalling(true),
      root: Deno.realPathSync(root),
      filter: await makeFilter({ includes: [], excludes }),
      emit() {},
      onWarning() {},
    });
    const slice = makeSlices(SLICE);
    while (isLooking && entries.size < MOST && walk.step()) await slice();
    isLooking = false;
  }

  function stop(): void {
    stopTimer();
    isLooking = false;
    for (const records of [folders, entries, withoutXattrs]) records.clear();
  }
  const stopTimer = after(FRESH, stop);
  look().catch(() => {
    isLooking = false;
  });
  return { sys: recalling(false), stop };
}
