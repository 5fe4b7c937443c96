/**
 * The system calls that file sync needs and Deno has no API for: times in nanoseconds, extended
 * attributes, inode numbers, names that are not UTF-8. On Linux and macOS they go to libc through
 * Deno's FFI (`libc.ts`), which is also faster (20,000 `statx`: 40 ms; `Deno.lstatSync`: 80 ms).
 * Without FFI (Windows, or a process without that permission) `deno_fs.ts` gives times in
 * milliseconds, no extended attributes, and names as Deno shows them.
 *
 * Failures are numbers, not exceptions: calls on a tree that changes meanwhile fail often, and each
 * caller decides per code. A successful call returns 0 or more, a failed one the negative errno.
 */

/** Types of st_mode. */
export const S = {
  mask: 0o170000,
  socket: 0o140000,
  symlink: 0o120000,
  regular: 0o100000,
  block: 0o060000,
  dir: 0o040000,
  char: 0o020000,
  pipe: 0o010000,
} as const;

/** The result of lstat; filled in place. */
export interface FileStat {
  /** st_mode: type and permissions. */
  mode: number;
  nlink: number;
  size: number;
  mtimeSeconds: number;
  mtimeNanos: number;
  major: number;
  minor: number;
  /** Device and inode, which two names of one file share. An inode past 2^53 is a string. */
  dev: number;
  ino: number | string;
}

/** Makes a record for `lstat` to fill. */
export function fileStat(): FileStat {
  return {
    mode: 0,
    nlink: 0,
    size: 0,
    mtimeSeconds: 0,
    mtimeNanos: 0,
    major: 0,
    minor: 0,
    dev: 0,
    ino: 0,
  };
}

/** The system calls. Paths are bytes that end with a NUL. */
export interface Sys extends Disposable {
  /** The status of the entry itself, links not followed. */
  lstat(path: Uint8Array, into: FileStat): number;
  /**
   * Appends the names of a folder, unsorted. Each is a string with one character a byte, then NUL,
   * then a letter: `d` folder, `l` symlink, `-` other, `?` unknown. Such strings sort in the order
   * of the protocol, because NUL is below every byte of a name.
   */
  readDir(path: Uint8Array, into: string[]): number;
  /** A symlink's target; its length. */
  readLink(path: Uint8Array, into: Uint8Array): number;
  /** The names of the extended attributes, each ended by NUL; their length. */
  listXattrs(path: Uint8Array, into: Uint8Array): number;
  /** One extended attribute (`name` ends with NUL); its length. */
  getXattr(path: Uint8Array, name: Uint8Array, into: Uint8Array): number;
  /** Opens a file for reading. Follows no link, and does not block on a FIFO. */
  open(path: Uint8Array): number;
  read(file: number, into: Uint8Array): number;
  /** Reads without blocking the event loop. */
  readAsync(file: number, into: Uint8Array): Promise<number>;
  close(file: number): void;
}

/** The codes that the code distinguishes. They are the same on Linux and macOS. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  EACCES: 13,
  EEXIST: 17,
  ENOTDIR: 20,
  EISDIR: 21,
} as const;

const linux: Record<number, readonly [code: string, text: string]> = {
  1: ["EPERM", "operation not permitted"],
  2: ["ENOENT", "no such file or directory"],
  5: ["EIO", "input/output error"],
  6: ["ENXIO", "no such device or address"],
  13: ["EACCES", "permission denied"],
  17: ["EEXIST", "file exists"],
  18: ["EXDEV", "invalid cross-device link"],
  20: ["ENOTDIR", "not a directory"],
  21: ["EISDIR", "is a directory"],
  22: ["EINVAL", "invalid argument"],
  23: ["ENFILE", "too many open files in the system"],
  24: ["EMFILE", "too many open files"],
  27: ["EFBIG", "file too large"],
  28: ["ENOSPC", "no space left on device"],
  30: ["EROFS", "read-only file system"],
  31: ["EMLINK", "too many links"],
  36: ["ENAMETOOLONG", "file name too long"],
  39: ["ENOTEMPTY", "directory not empty"],
  40: ["ELOOP", "too many levels of symbolic links"],
  95: ["ENOTSUP", "operation not supported"],
  116: ["ESTALE", "stale file handle"],
  122: ["EDQUOT", "disk quota exceeded"],
};
const darwin: typeof linux = {
  ...linux,
  45: ["ENOTSUP", "operation not supported"],
  62: ["ELOOP", "too many levels of symbolic links"],
  63: ["ENAMETOOLONG", "file name too long"],
  66: ["ENOTEMPTY", "directory not empty"],
  69: ["EDQUOT", "disk quota exceeded"],
  70: ["ESTALE", "stale file handle"],
};

/** Name and text of a failed call's result, which is a negative errno. */
export function errnoText(result: number): { code: string; text: string } {
  const [code, text] = (Deno.build.os === "darwin" ? darwin : linux)[-result] ??
    [`E${-result}`, `error ${-result}`];
  return { code, text };
}

/** Encodes a text with the NUL at its end that system calls need. */
export function cString(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}
