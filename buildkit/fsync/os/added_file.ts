/**
 * A folder that seems to have one more file, whose content is in memory. Everything else is as the
 * system has it.
 */
import { text } from "../errors.ts";
import { type FileStat, S, type Sys } from "./sys.ts";

/** The file: its name in the folder, and its content. */
export interface AddedFile {
  /** A name, and no path. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** No system gives a process so many open files. */
const HANDLE = 0x7fff_ffff;

/**
 * The same calls, with the file in the folder `root`. It hides a file of that name. One reader at a
 * time may have it open.
 */
export function withAddedFile(sys: Sys, root: string, { name, content }: AddedFile): Sys {
  const folder = root.endsWith("/") ? root : `${root}/`;
  const file = `${folder}${name}`;
  const entry = Array.from(new TextEncoder().encode(name), (byte) => String.fromCharCode(byte))
    .join("");
  let at = 0;
  const pathOf = (path: Uint8Array) => text(path.subarray(0, path.indexOf(0)));
  const isFile = (path: Uint8Array) => pathOf(path) === file;
  const read = (into: Uint8Array) => {
    const part = content.subarray(at, at + into.length);
    into.set(part);
    at += part.length;
    return part.length;
  };
  return {
    lstat(path, into) {
      if (!isFile(path)) return sys.lstat(path, into);
      const status: FileStat = {
        ...{ mode: S.regular | 0o644, nlink: 1, size: content.length },
        ...{ mtimeSeconds: 0, mtimeNanos: 0, major: 0, minor: 0, dev: 0, ino: 0 },
      };
      Object.assign(into, status);
      return 0;
    },
    readDir(path, into) {
      const found: string[] = [];
      const result = sys.readDir(path, found);
      const isRoot = result >= 0 && [root, folder].includes(pathOf(path));
      const names = isRoot ? found.filter((line) => line.slice(0, -2) !== entry) : found;
      into.push(...names);
      if (isRoot) into.push(`${entry}\0-`);
      return result;
    },
    readLink: (path, into) => sys.readLink(path, into),
    listXattrs: (path, into) => isFile(path) ? 0 : sys.listXattrs(path, into),
    getXattr: (path, attribute, into) => sys.getXattr(path, attribute, into),
    open(path) {
      if (!isFile(path)) return sys.open(path);
      at = 0;
      return HANDLE;
    },
    read: (handle, into) => handle === HANDLE ? read(into) : sys.read(handle, into),
    readAsync: (handle, into) =>
      handle === HANDLE ? Promise.resolve(read(into)) : sys.readAsync(handle, into),
    close: (handle) => handle === HANDLE ? undefined : sys.close(handle),
    [Symbol.dispose]: () => sys[Symbol.dispose](),
  };
}
