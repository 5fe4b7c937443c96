/**
 * Writes into a folder by libc's *at calls. Each name is used relative to its open folder. That
 * folder was opened in the same way, from the root on, without following a link. So even a link
 * that appears during the transfer can't lead out.
 */
import { byteString } from "../../../base/bytes.ts";
import { maybe } from "../../../base/maybe.ts";
import {
  type Attributes,
  type Dest,
  type ExistingFile,
  type OutFile,
  permissions,
  temporaryName,
} from "./dest.ts";
import { listNames } from "./deno_fs.ts";
import { flags, type LibcWrite, openLibcWrite } from "./libc_write.ts";
import { namesOf } from "./libc.ts";
import { makeOpenFolders } from "./open_folders.ts";
import { shownPath as shown, splitPath, toCString } from "../paths.ts";
import { cString, Errno, errnoText, S } from "./sys.ts";
import { FsyncError } from "../errors.ts";
import { Mode, type Stat } from "../packet.ts";

/** Opens the folder `root`; undefined without libc. Throws {@link FsyncError}. */
export function openLibcDest(root: string): Dest | undefined {
  const libc = openLibcWrite();
  if (libc === undefined) return undefined;
  const folder = libc.calls.open(cString(root), flags.folder);
  if (folder >= 0) return makeDest(libc, root, folder);
  const { text, code } = errnoText(libc.errno());
  libc[Symbol.dispose]();
  throw new FsyncError("open the folder", root, text, code);
}

function makeDest(libc: LibcWrite, root: string, rootFolder: number): Dest {
  const { calls, errno } = libc;
  const [uid, gid] = [Deno.uid() ?? 0, Deno.gid() ?? 0];
  const folders = makeOpenFolders(libc, rootFolder);

  function fail(attempt: string, path: string, result = errno()): never {
    const { code, text } = errnoText(result);
    throw new FsyncError(attempt, shown(path), text, code);
  }

  function folder(path: string): number {
    const found = folders.at(path);
    return found < 0 ? fail("open the folder", path, found) : found;
  }

  function names(path: string): string[] {
    const found: string[] = [];
    if (calls.getdents64 === null) {
      const listed = listNames(cString(path === "" ? root : `${root}/${shown(path)}`), found);
      if (listed < 0) fail("read the folder", path, listed);
    } else {
      const { name, folder: above } = path === "" ? { name: ".", folder: "" } : splitPath(path);
      const file = calls.openat(folder(above), toCString(name), flags.folder | flags.noFollow, 0);
      if (file < 0) fail("read the folder", path);
      const buffer = new Uint8Array(32 * 1024);
      let size: number;
      while ((size = calls.getdents64(file, buffer, buffer.length)) > 0) {
        namesOf(buffer, size, found);
      }
      const result = size < 0 ? errno() : 0;
      calls.close(file);
      if (result < 0) fail("read the folder", path, result);
    }
    return found.map((name) => name.slice(0, -2)).sort();
  }

  function remove(path: string): void {
    const { folder: above, name } = splitPath(path);
    const [at, bytes] = [folder(above), toCString(name)];
    if (calls.unlinkat(at, bytes, 0) >= 0) return;
    const result = errno();
    if (result === -Errno.ENOENT) return;
    // macOS answers EPERM for a folder.
    if (result !== -Errno.EISDIR && result !== -Errno.EPERM) fail("remove", path, result);
    calls.fchmodat(at, bytes, 0o700, 0);
    for (const child of names(path)) remove(`${path}/${child}`);
    folders.forget(path);
    if (calls.unlinkat(at, bytes, flags.atRemoveDir) < 0) fail("remove", path);
  }

  /** Renames the finished entry `temporary` to `path`, which is in the same folder. */
  function rename(temporary: string, path: string): void {
    const { folder: above, name } = splitPath(path);
    const [at, from, to] = [folder(above), toCString(temporary), toCString(name)];
    if (calls.renameat(at, from, at, to) >= 0) return;
    let result = errno();
    if (result === -Errno.EISDIR) {
      remove(path);
      if (calls.renameat(at, from, at, to) >= 0) return;
      result = errno();
    }
    calls.unlinkat(at, from, 0);
    fail("create", path, result);
  }

  /** Makes an entry under a temporary name, completes it, and gives it its own name. */
  function replace(
    path: string,
    make: (at: number, name: Uint8Array<ArrayBuffer>) => number,
    complete: (at: number, name: Uint8Array<ArrayBuffer>) => number,
  ): void {
    const at = folder(splitPath(path).folder);
    for (;;) {
      const temporary = temporaryName();
      const name = toCString(temporary);
      if (make(at, name) < 0) {
        const result = errno();
        if (result === -Errno.EEXIST) continue;
        fail("create", path, result);
      }
      if (complete(at, name) < 0) {
        const result = errno();
        calls.unlinkat(at, name, 0);
        fail("create", path, result);
      }
      return rename(temporary, path);
    }
  }

  /** Some systems refuse a change of ownership, also to the present owner. */
  function setAttributes(file: number, path: string, attributes: Attributes): void {
    calls.fchown(file, uid, gid);
    for (const { name, value } of attributes.xattrs) {
      const bytes = value.slice();
      calls.fsetxattr(file, toCString(byteString(name)), bytes, bytes.length, 0, 0); // best effort
    }
    if (calls.fchmod(file, permissions(attributes.mode)) < 0) fail("set the mode of", path);
    if (calls.futimens(file, times(attributes)) < 0) fail("set the time of", path);
  }

  /** Sets the attributes of an entry that can't be opened. */
  function setAttributesAt(
    at: number,
    name: Uint8Array<ArrayBuffer>,
    attributes: Attributes,
  ): number {
    calls.fchownat(at, name, uid, gid, flags.atNoFollow);
    return calls.utimensat(at, name, times(attributes), flags.atNoFollow);
  }

  function openExisting(path: string, size: number): ExistingFile | undefined {
    const { folder: above, name } = splitPath(path);
    const file = calls.openat(folder(above), toCString(name), flags.existing, 0);
    if (file < 0) return undefined;
    const toEnd = 2; // SEEK_END, which pipes refuse
    if (Number(calls.lseek(file, 0n, toEnd)) !== size || calls.lseek(file, 0n, 0) !== 0n) {
      calls.close(file);
      return undefined;
    }
    return {
      read: (into) => calls.read(file, into, into.length),
      [Symbol.dispose]: () => void calls.close(file),
    };
  }

  function createFile(path: string): OutFile {
    const above = splitPath(path).folder;
    let temporary: string;
    let file: number;
    do {
      temporary = temporaryName();
      file = calls.openat(folder(above), toCString(temporary), flags.createNew, 0o600);
    } while (file < 0 && errno() === -Errno.EEXIST);
    if (file < 0) fail("create", path);
    return {
      write(bytes) {
        for (let at = 0; at < bytes.length;) {
          const rest = bytes.subarray(at) as Uint8Array<ArrayBuffer>;
          const size = calls.write(file, rest, rest.length);
          if (size < 0) fail("write", path);
          at += size;
        }
      },
      async writeAsync(bytes) {
        for (let at = 0; at < bytes.length;) {
          const rest = bytes.subarray(at) as Uint8Array<ArrayBuffer>;
          const size = await calls.writeAsync(file, rest, rest.length);
          // The errno of that call belongs to another thread, so a failed write is repeated on this
          // one.
          if (size < 0) return this.write(rest);
          at += size;
        }
      },
      commit(attributes) {
        folders.trim();
        setAttributes(file, path, attributes);
        const closing = file;
        file = -1;
        // A network file system may report a failed write only now.
        if (calls.close(closing) < 0) fail("write", path);
        rename(temporary, path);
      },
      abandon() {
        if (file >= 0) calls.close(file);
        // The folder may be gone, too.
        maybe(() => calls.unlinkat(folder(above), toCString(temporary), 0));
      },
    };
  }

  function makeFolder(path: string, mode: number): boolean {
    const { folder: above, name } = splitPath(path);
    const [at, bytes] = [folder(above), toCString(name)];
    if (calls.mkdirat(at, bytes, 0o700) >= 0) return true;
    const result = errno();
    if (result !== -Errno.EEXIST) fail("create the folder", path, result);
    let existing = calls.openat(at, bytes, flags.folder | flags.noFollow, 0);
    // Only a folder fails for its permissions: other entries fail because they are no folders.
    if (existing < 0 && errno() === -Errno.EACCES) {
      calls.fchmodat(at, bytes, 0o700, 0);
      existing = calls.openat(at, bytes, flags.folder | flags.noFollow, 0);
    }
    if (existing >= 0) {
      calls.fchmod(existing, permissions(mode) | 0o700);
      calls.close(existing);
      return false;
    }
    remove(path);
    if (calls.mkdirat(at, bytes, 0o700) < 0) fail("create the folder", path);
    return true;
  }

  function special(path: string, attributes: Attributes & Device): void {
    const { mknodat } = calls;
    if (mknodat === null) {
      throw new FsyncError("create", shown(path), "this system's libc makes no devices or FIFOs");
    }
    const [mode, device] = nodeOf(attributes);
    try {
      replace(
        path,
        (at, name) => mknodat(at, name, mode, device),
        (at, name) =>
          calls.fchmodat(at, name, permissions(attributes.mode), 0) < 0
            ? -1
            : setAttributesAt(at, name, attributes),
      );
    } catch (error) {
      if (!(error instanceof FsyncError && error.code === "EPERM")) throw error;
      throw new FsyncError("create", shown(path), "only root may make devices", error.code);
    }
  }

  function link(path: string, target: string): void {
    const [from, to] = [splitPath(target), splitPath(path)];
    const [fromAt, toAt] = [folder(from.folder), folder(to.folder)];
    const [fromName, toName] = [toCString(from.name), toCString(to.name)];
    if (calls.linkat(fromAt, fromName, toAt, toName, 0) >= 0) return;
    const result = errno();
    if (result !== -Errno.EEXIST) fail("create the link", path, result);
    remove(path);
    if (calls.linkat(fromAt, fromName, toAt, toName, 0) < 0) fail("create the link", path);
  }

  /** Wraps an operation: it begins with few open folders, and closes none that it uses. */
  function operation<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      folders.trim();
      return call(...args);
    };
  }

  return {
    makeFolder: operation(makeFolder),
    finishFolder: operation((path, attributes) => setAttributes(folder(path), path, attributes)),
    openExisting: operation(openExisting),
    createFile: operation(createFile),
    symlink: operation((path, target, attributes) => {
      const bytes = toCString(target);
      replace(
        path,
        (at, name) => calls.symlinkat(bytes, at, name),
        (at, name) => setAttributesAt(at, name, attributes),
      );
    }),
    special: operation(special),
    link: operation(link),
    remove: operation(remove),
    names: operation(names),
    [Symbol.dispose]() {
      folders.close();
      libc[Symbol.dispose]();
    },
  };
}

type Device = Pick<Stat, "devmajor" | "devminor">;

/** The arguments of mknod. */
function nodeOf({ mode, devmajor, devminor }: Attributes & Device): [number, bigint] {
  const type = mode & Mode.pipe ? S.pipe : mode & Mode.charDevice ? S.char : S.block;
  const [major, minor] = [BigInt(devmajor), BigInt(devminor)];
  const device = (minor & 0xffn) | ((major & 0xfffn) << 8n) | ((minor & ~0xffn) << 12n) |
    ((major & ~0xfffn) << 32n);
  return [type | permissions(mode), Deno.build.os === "darwin" ? (major << 24n) | minor : device];
}

/** Access and modification time as two struct timespec. */
function times({ mtimeSeconds, mtimeNanos }: Attributes): Uint8Array<ArrayBuffer> {
  const [seconds, nanos] = [BigInt(mtimeSeconds), BigInt(mtimeNanos)];
  return new Uint8Array(new BigInt64Array([seconds, nanos, seconds, nanos]).buffer);
}
