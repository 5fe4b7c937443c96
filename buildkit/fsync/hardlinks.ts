/**
 * Hard links, on both sides. The sender gives the second and later names of a file the path of the
 * first one that was sent. The receiver accepts no link to a path that was not sent as a file.
 */
import { FsyncError, text } from "./errors.ts";
import type { FileStat } from "./os/sys.ts";
import { Mode, type Stat } from "./packet.ts";

/**
 * Makes a finder of hard links. For a file that was sent before, it returns the ID of the file's
 * first name. For a new file it returns undefined, and the file is known as `id` from then on.
 */
export function makeLinkFinder(): (file: FileStat, id: number) => number | undefined {
  const files = new Map<string, number>();
  return ({ dev, ino }, id) => {
    const key = `${dev}:${ino}`;
    const found = files.get(key);
    if (found === undefined) files.set(key, id);
    return found;
  };
}

/**
 * Makes a check of received entries. It throws {@link FsyncError} for a link to a path that was not
 * sent as a file.
 */
export function makeLinkCheck(): (stat: Stat) => void {
  const seen = new Set<string>();
  return (stat) => {
    if ((stat.mode & (Mode.dir | Mode.symlink)) !== 0) return;
    if (stat.linkname.length === 0) seen.add(text(stat.path));
    else if (!seen.has(text(stat.linkname))) {
      const reason = `it is a hard link to ${
        JSON.stringify(text(stat.linkname))
      }, which was not sent before it`;
      throw new FsyncError("accept", text(stat.path), reason);
    }
  };
}
