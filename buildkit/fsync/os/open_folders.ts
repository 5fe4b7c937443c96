/**
 * Folders that are kept open below a root, by their paths, so that a tree's files don't each cost the way from the
 * root. Each is opened from the one above it without following a link: however a path was arrived at, its folder is
 * inside.
 *
 * An open folder is a number that the system gives to another once it is closed, so none is closed while an operation
 * may still use it: only {@link OpenFolders.trim} closes what is too much, and belongs between two operations.
 */
import { flags, type LibcWrite } from "./libc_write.ts";
import { splitPath, toCString } from "../paths.ts";

/** Open folders. */
export interface OpenFolders {
  /** The folder at a path, `""` for the root: its number, or the negative errno. Good until `trim` or `forget`. */
  at(path: string): number;
  /** Closes a folder and those in it. */
  forget(path: string): void;
  /** Closes those that were not used for long. */
  trim(): void;
  /** Closes all, the root too. */
  close(): void;
}

const kept = 64;

/** Begins with the open folder `root`, which becomes its own. */
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
