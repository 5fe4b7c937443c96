/**
 * Hard links, on both sides. The sender gives the second and later names of a file the path of the
 * first one that was sent. The receiver accepts no link to a path that was not sent as a file.
 */
import { FsyncError, text } from "./errors.ts";
import { Mode, type Stat } from "./packet.ts";

/** Finds the first name of a file among those that were sent. */
interface LinkFinder {
  /**
   * Returns the ID of this file's first name; undefined for a new file, which is then known as
   * `id`.
   */
  first(dev: number, ino: number | string, id: number): number | undefined;
}

/** An empty one. */
export function makeLinkFinder(): LinkFinder {
  const devices = new Map<number, Map<number | string, number>>();
  return {
    first(dev, ino, id) {
      let files = devices.get(dev);
      if (files === undefined) devices.set(dev, files = new Map());
      const found = files.get(ino);
      if (found === undefined) files.set(ino, id);
      return found;
    },
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
