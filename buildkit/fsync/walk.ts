/**
 * Walks a tree in the order of the protocol, one entry a step, so that the caller can yield between
 * steps.
 *
 * Owners are left out (0), as BuildKit's clients do for a build context. Sockets are sent as
 * regular files, which arrive empty. An entry that vanishes during the walk is skipped with a
 * warning; Go's walk skips its siblings, too.
 */
import { type Entries, makeEntries, widen } from "./entries.ts";
import { Errno, errnoText, type FileStat, fileStat, S, type Sys } from "./os/sys.ts";
import { FsyncError, text } from "./errors.ts";
import type { Filter, FolderMatches } from "./patterns/filter.ts";
import { makeLinkFinder } from "./hardlinks.ts";
import { emptyStat, Mode, type Stat, type Xattr } from "./packet.ts";
import type { Warning } from "./stream.ts";

/** A walk under way. */
export interface Walk {
  /** All entries that were emitted, by their IDs. */
  readonly entries: Entries;
  /**
   * Visits one entry of a folder. That emits nothing, the entry, or the entry and the folders
   * around it. Returns false at the end. Throws {@link FsyncError} for an entry that cannot be
   * read.
   */
  step(): boolean;
}

/** Options of a walk. */
interface WalkOptions {
  readonly sys: Sys;
  /** The folder, absolute and resolved: its path has no links. */
  readonly root: string;
  /** Undefined: every entry is sent. */
  readonly filter: Filter | undefined;
  /** Receives each entry; `stat` and its fields are reused for the next one. */
  emit(stat: Stat): void;
  onWarning(warning: Warning): void;
}

interface Frame {
  readonly names: readonly string[];
  next: number;
  /** The offset of names in the path buffer: behind the folder's slash. */
  readonly at: number;
  /** The folder's ID; -1 for the root, {@link unsent} until something in it is. */
  id: number;
  /** The folder's path with its slash, for the filter. */
  readonly prefix: string;
  readonly matches: FolderMatches | undefined;
}

const unsent = -2;
const none = new Uint8Array(0);
const noXattrs: readonly Xattr[] = [];

/** Starts a walk. Throws {@link FsyncError} when the root cannot be read. */
export function startWalk(options: WalkOptions): Walk {
  const { sys, filter, emit, onWarning } = options;
  const entries = makeEntries();
  const firstName = makeLinkFinder();
  const raw = fileStat();
  const scratch = new Uint8Array(4096); // a link's target: none is longer
  const stat = emptyStat();
  const rootBytes = new TextEncoder().encode(
    options.root.endsWith("/") ? options.root : `${options.root}/`,
  );
  const rootEnd = rootBytes.length;
  let path = new Uint8Array(8192);
  path.set(rootBytes);
  const stack: Frame[] = [];

  const relative = (end: number) => text(path.subarray(rootEnd, end));

  function enter(at: number, id: number, prefix: string, matches: FolderMatches | undefined): void {
    const names: string[] = [];
    path[at] = 0;
    const result = sys.readDir(path, names);
    if (result < 0) {
      const { code, text } = errnoText(result);
      const denied = result === -Errno.EACCES || result === -Errno.EPERM;
      if (id === unsent && denied) return; // nobody asked for it
      if (id === -1 || !gone(result)) {
        const folder = id === -1 ? options.root : relative(at - 1);
        throw new FsyncError("read the folder", folder, text, code);
      }
      onWarning({ path: relative(at - 1), reason: "it vanished while the folder was read" });
      return;
    }
    names.sort();
    stack.push({ names, next: 0, at, id, prefix, matches });
  }

  function step(): boolean {
    const frame = stack.at(-1);
    if (frame === undefined) return false;
    const name = frame.names[frame.next++];
    if (name === undefined) {
      stack.pop();
      return stack.length > 0;
    }
    const length = name.length - 2; // NUL and the letter of the type
    const end = frame.at + length;
    if (end + 2 > path.length) path = widen(path, new Uint8Array(path.length * 2 + length));
    let ascii = 0;
    for (let i = 0; i < length; i++) ascii |= path[frame.at + i] = name.charCodeAt(i);
    path[end] = 0;
    let letter = name[length + 1];
    if (letter === "?") {
      if (!look(end)) return true;
      letter = (raw.mode & S.mask) === S.dir ? "d" : "-";
    }
    const full = filter === undefined
      ? ""
      : frame.prefix + (ascii < 0x80 ? name.slice(0, length) : text(path.subarray(frame.at, end)));
    if (letter === "d") stepIntoFolder(frame, end, full);
    else if (filter === undefined || filter.file(full, frame.matches)) {
      if (look(end)) send(frame, end);
    }
    return true;
  }

  function stepIntoFolder(frame: Frame, end: number, full: string): void {
    const verdict = filter?.folder(full, frame.matches);
    if (verdict !== undefined && !verdict.walked) return;
    let id = unsent;
    if (verdict === undefined || verdict.sent) {
      if (!look(end)) return;
      id = send(frame, end);
      if (id === unsent || (raw.mode & S.mask) !== S.dir) return;
    }
    path[end] = 0x2f;
    enter(end + 1, id, filter === undefined ? "" : `${full}/`, verdict);
  }

  /** Reads the entry's status into `raw`. */
  function look(end: number): boolean {
    const result = sys.lstat(path, raw);
    if (result >= 0) return true;
    if (!gone(result)) {
      const { code, text } = errnoText(result);
      throw new FsyncError("read", relative(end), text, code);
    }
    onWarning({ path: relative(end), reason: "it vanished while its folder was read" });
    return false;
  }

  /**
   * Emits the entry whose status is in `raw`, after the folders around it that were not emitted
   * yet; returns its ID.
   */
  function send(frame: Frame, end: number): number {
    if (frame.id === unsent && !sendFolders()) return unsent;
    return sendOne(frame.id, frame.at, end, raw);
  }

  function sendFolders(): boolean {
    const status = fileStat();
    for (let i = 1; i < stack.length; i++) {
      const frame = stack[i]!;
      if (frame.id !== unsent) continue;
      const end = frame.at - 1;
      path[end] = 0;
      if (sys.lstat(path, status) >= 0) {
        frame.id = sendOne(stack[i - 1]!.id, stack[i - 1]!.at, end, status);
      }
      path[end] = 0x2f;
      if (frame.id === unsent) {
        onWarning({ path: relative(end), reason: "it vanished while it was read" });
        return false;
      }
    }
    return true;
  }

  function sendOne(parent: number, nameAt: number, end: number, status: FileStat): number {
    const type = status.mode & S.mask;
    stat.path = path.subarray(rootEnd, end);
    stat.mode = goMode(status.mode);
    stat.size = type === S.dir ? 0 : status.size;
    stat.mtimeSeconds = status.mtimeSeconds;
    stat.mtimeNanos = status.mtimeNanos;
    stat.devmajor = type === S.char || type === S.block ? status.major : 0;
    stat.devminor = type === S.char || type === S.block ? status.minor : 0;
    stat.xattrs = xattrs();
    stat.linkname = none;
    if (type === S.symlink) {
      const length = sys.readLink(path, scratch);
      if (length < 0) {
        onWarning({ path: relative(end), reason: "it changed while its folder was read" });
        return unsent;
      }
      stat.linkname = scratch.subarray(0, length);
    } else if (status.nlink > 1 && type !== S.dir) {
      const first = firstName(status, entries.count);
      if (first !== undefined) {
        stat.linkname = scratch.subarray(0, entries.writePath(first, scratch, 0));
      }
    }
    emit(stat);
    return entries.add(
      parent,
      path.subarray(nameAt, end),
      stat.size,
      (stat.mode & Mode.type) === 0,
    );
  }

  /** The extended attributes of the entry in the path buffer, but Apple's and unreadable ones. */
  function xattrs(): readonly Xattr[] {
    const list = whole((into) => sys.listXattrs(path, into));
    if (list === undefined || list.length === 0) return noXattrs;
    const found: Xattr[] = [];
    for (let at = 0; at < list.length;) {
      const end = list.indexOf(0, at);
      const name = list.subarray(at, end);
      const terminated = list.subarray(at, end + 1);
      const value = text(name).startsWith("com.apple.")
        ? undefined
        : whole((into) => sys.getXattr(path, terminated, into));
      if (value !== undefined) found.push({ name, value });
      at = end + 1;
    }
    return found;
  }

  enter(rootEnd, -1, "", undefined);
  return { entries, step };
}

/**
 * The result of a call; undefined when the call fails. The first call asks for the length: given a
 * large buffer, the kernel would make one of its own for every file.
 */
function whole(call: (into: Uint8Array) => number): Uint8Array | undefined {
  const length = call(none);
  if (length <= 0) return length === 0 ? none : undefined;
  const bytes = new Uint8Array(length);
  const got = call(bytes);
  return got < 0 ? undefined : bytes.subarray(0, got);
}

/** ENOTDIR: a folder on the way has become something else. */
function gone(result: number): boolean {
  return result === -Errno.ENOENT || result === -Errno.ENOTDIR;
}

/** The system's mode as Go's, sockets as regular files. */
function goMode(mode: number): number {
  let out = mode & 0o777;
  if (mode & 0o4000) out |= Mode.setuid;
  if (mode & 0o2000) out |= Mode.setgid;
  if (mode & 0o1000) out |= Mode.sticky;
  switch (mode & S.mask) {
    case S.dir:
      return (out | Mode.dir) >>> 0;
    case S.symlink:
      return out | Mode.symlink;
    case S.pipe:
      return out | Mode.pipe;
    case S.block:
      return out | Mode.device;
    case S.char:
      return out | Mode.device | Mode.charDevice;
  }
  return out;
}
