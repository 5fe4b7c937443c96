/**
 * Keeps folders below a root open, by path, so that the path from the root is not opened again for
 * each file. Each folder is opened from its parent without following a link, so every open folder
 * is inside the root.
 *
 * The system gives the number of a closed folder to another file. So no folder is closed while an
 * operation may still use it: only {@link OpenFolders.trim} closes folders, and it must be called
 * between two operations.
 */
import { flags, type LibcWrite } from "./libc_write.ts";
import { splitPath, toCString } from "../paths.ts";

/** Open folders. */
interface OpenFolders {
  /** The number of the folder at a path (`""`: the root), or the negative errno; until `trim`. */
  at(path: string): number;
  /** Closes a folder and those in it. */
  forget(path: string): void;
  /** Closes the folders that were not used for long. */
  trim(): void;
  /** Closes all folders and the root. */
  close(): void;
}

const kept = 64;

/** Begins with the open folder `root`, which `close` closes, too. */
export function makeOpenFolders({ calls, errno }: LibcWrite, root: number): OpenFolders {
  const open = new Map<string, number>(); // least recently used first
  function at(path: string): number {
    if (path === "") return root;
    const found = open.get(path);
    if (found !== undefined) {
      open.delete(path);
      open.set(path, found);
      return found;
    }
    const { folder, name } = splitPath(path);
    const above = at(folder);
    if (above < 0) return above;
    const file = calls.openat(above, toCString(name), flags.folder | flags.noFollow, 0);
    if (file < 0) return errno();
    open.set(path, file);
    return file;
  }
  return {
    at,
    forget(path) {
      for (const [other, file] of open) {
        if (other !== path && !other.startsWith(`${path}/`)) continue;
        calls.close(file);
        open.delete(other);
      }
    },
    trim() {
      for (const [path, file] of open) {
        if (open.size <= kept) break;
        calls.close(file);
        open.delete(path);
      }
    },
    close() {
      for (const file of open.values()) calls.close(file);
      calls.close(root);
    },
  };
}
