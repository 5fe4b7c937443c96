/**
 * Writes into a folder, and nowhere else. Paths are relative to it, in strings of bytes
 * (`byteString`), and were checked to be clean. No symlink is ever followed: neither a received one
 * nor an older one, neither on the way to an entry nor at its end.
 *
 * All throw FsyncError with the path and the system's reason.
 */
import type { Stat } from "../packet.ts";

/** The attributes of an entry besides its content. Every entry belongs to this user. */
export type Attributes = Pick<Stat, "mode" | "mtimeSeconds" | "mtimeNanos" | "xattrs">;

/** The folder. Disposing of it keeps the written entries. */
export interface Dest extends Disposable {
  /**
   * Makes a folder, open to this user alone until {@link finishFolder}. False when the folder
   * already exists: it stays, with its new permissions and those that this user needs. Any other
   * entry of that name is removed.
   */
  makeFolder(path: string, mode: number): boolean;
  /** Gives a folder its attributes, after everything in the folder is written. */
  finishFolder(path: string, attributes: Attributes): void;
  /** Opens a regular file of that size; undefined where there is none that this user may read. */
  openExisting(path: string, size: number): ExistingFile | undefined;
  /** Begins a file under a temporary name in its folder. */
  createFile(path: string): OutFile;
  /** Makes a symlink; an entry of that name is replaced. `target` is a string of bytes. */
  symlink(path: string, target: string, attributes: Attributes): void;
  /** Makes a FIFO or device; an entry of that name is replaced. */
  special(path: string, attributes: Attributes & Pick<Stat, "devmajor" | "devminor">): void;
  /** Makes `path` a second name of the file `target`; an entry of that name is replaced. */
  link(path: string, target: string): void;
  /** Removes an entry and all that is in it. */
  remove(path: string): void;
  /** The names in a folder, in order; `""` is the root. */
  names(path: string): string[];
}

/** An open file. Disposing of it closes the file. */
export interface ExistingFile extends Disposable {
  /** Reads the next bytes, and returns their number: 0 at the end, negative after a failure. */
  read(into: Uint8Array<ArrayBuffer>): number;
}

/** A file that is being written. One of {@link commit} and {@link abandon} ends it. */
export interface OutFile {
  /** Appends all the bytes. */
  write(bytes: Uint8Array): void;
  /**
   * Appends without blocking the event loop; `bytes` must stay unchanged meanwhile. Only one call
   * at a time is allowed.
   */
  writeAsync(bytes: Uint8Array): Promise<void>;
  /** Gives the file its attributes and its name; an entry of that name is replaced. */
  commit(attributes: Attributes): void;
  /** Removes it. Throws nothing. */
  abandon(): void;
}

/** The name of an incomplete entry. Its nine digits are as other clients': one rule ignores all. */
export function temporaryName(): string {
  return `.tmp.${100_000_000 + crypto.getRandomValues(new Uint32Array(1))[0]! % 900_000_000}`;
}

/** The permission bits of a mode as chmod takes them. */
export function permissions(mode: number): number {
  return (mode & 0o777) | (mode & 0x00800000 ? 0o4000 : 0) | (mode & 0x00400000 ? 0o2000 : 0) |
    (mode & 0x00100000 ? 0o1000 : 0);
}
