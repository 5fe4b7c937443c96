/**
 * The memory of all receptions under way. A daemon may open many calls, list entries without end,
 * and begin many files; the receivers of all calls together hold a limited number of bytes.
 */
import { FsyncError, text } from "./errors.ts";
import type { Stat } from "./packet.ts";

/** The most bytes that the program holds: those of some 3 million entries. */
const MOST = 1 << 30;
/** The memory that an entry, an attribute or a piece of content needs besides its own bytes. */
export const OBJECT = 256;

let all = 0;

/** The memory that one reception holds. Disposing of this object frees that memory. */
export interface Held extends Disposable {
  /** Adds bytes. Throws {@link FsyncError}. */
  add(bytes: number): void;
  /** Adds a listed entry. Throws {@link FsyncError}. */
  addEntry(stat: Stat): void;
}

/** @param most the limit, for tests */
export function makeHeld(most = MOST): Held {
  let own = 0;
  function add(bytes: number, path = ""): void {
    own += bytes;
    all += bytes;
    if (all <= most) return;
    const reason = `what the builder sends needs more than ${most} bytes of memory`;
    throw new FsyncError("receive", path, reason);
  }
  return {
    add,
    addEntry(stat) {
      let size = OBJECT + 2 * (stat.path.length + stat.linkname.length);
      for (const { name, value } of stat.xattrs) size += OBJECT + name.length + value.length;
      add(size, text(stat.path));
    },
    [Symbol.dispose]() {
      all -= own;
      own = 0;
    },
  };
}
