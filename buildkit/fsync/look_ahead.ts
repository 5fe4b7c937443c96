/**
 * Looks at the entries of a folder before the daemon asks for them. Far away, a daemon asks for the
 * Dockerfile and `.dockerignore` first, for five round trips, in which this side has nothing to do.
 * The system calls are most of the work of a walk, so the first windows of its listing leave at once.
 */
import { after } from "../../base/async.ts";
import { makeFilter } from "./patterns/filter.ts";
import type { FileStat, Sys } from "./os/sys.ts";
import { makeSlices } from "./stream.ts";
import { startWalk } from "./walk.ts";

/** Milliseconds after which the recorded entries are dropped, because files change. */
const FRESH = 5000;
/** How long a look may hold the event loop, in milliseconds: the daemon's questions go first. */
const SLICE = 1.5;
/** Entries at most, which take up to 8 MB. */
const MOST = 32_768;

interface Known {
  readonly stat: FileStat;
  /** It has no extended attributes. */
  isPlain: boolean;
}

/** A look under way. */
export interface LookAhead {
  /** System calls for a walk of the folder, which know what was looked at. */
  readonly sys: Sys;
  stop(): void;
}

/**
 * Begins to look at `root`, in the pauses of the event loop. Nothing that goes wrong is reported: the
 * walk itself will meet it.
 * @param excludes what the daemon will probably leave out
 */
export function lookAhead(sys: Sys, root: string, excludes: readonly string[]): LookAhead {
  const folders = new Map<string, readonly string[]>();
  const entries = new Map<string, Known>();
  let isOver = false;

  function stop(): void {
    isOver = true;
    folders.clear();
    entries.clear();
  }

  const looking: Sys = {
    ...sys,
    lstat(path, into) {
      const result = sys.lstat(path, into);
      if (result >= 0) entries.set(keyOf(path), { stat: { ...into }, isPlain: false });
      return result;
    },
    listXattrs(path, into) {
      const result = sys.listXattrs(path, into);
      if (result === 0) entries.get(keyOf(path))!.isPlain = true;
      return result;
    },
    readDir(path, into) {
      const names: string[] = [];
      const result = sys.readDir(path, names);
      if (result >= 0) folders.set(keyOf(path), names);
      for (const name of names) into.push(name);
      return result;
    },
  };

  async function look(): Promise<void> {
    const walk = startWalk({
      sys: looking,
      root: Deno.realPathSync(root),
      filter: await makeFilter({ includes: [], excludes }),
      emit() {},
      onWarning() {},
    });
    const slice = makeSlices(SLICE);
    while (!isOver && entries.size < MOST && walk.step()) await slice();
  }

  function recall<T>(from: ReadonlyMap<string, T>, path: Uint8Array): T | undefined {
    return from.size === 0 ? undefined : from.get(keyOf(path));
  }

  const stopTimer = after(FRESH, stop);
  look().catch(() => {});
  return {
    sys: {
      ...sys,
      lstat(path, into) {
        const known = recall(entries, path);
        if (known === undefined) return sys.lstat(path, into);
        Object.assign(into, known.stat);
        return 0;
      },
      listXattrs(path, into) {
        const known = recall(entries, path);
        if (known?.isPlain === true) return 0;
        if (known === undefined) isOver = true; // the walk has come further than the look
        return sys.listXattrs(path, into);
      },
      readDir(path, into) {
        const names = recall(folders, path);
        if (names === undefined) return sys.readDir(path, into);
        for (const name of names) into.push(name);
        return 0;
      },
    },
    stop() {
      stopTimer();
      stop();
    },
  };
}

/** A path up to its NUL, with one character a byte. */
function keyOf(path: Uint8Array): string {
  return String.fromCharCode.apply(
    null,
    path.subarray(0, path.indexOf(0)) as unknown as number[],
  );
}
