/** The system calls of `sys.ts` as far as Deno's own API has them. */
import { byteString } from "../../../base/bytes.ts";
import { Errno, type FileStat, S, type Sys } from "./sys.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** System calls without FFI. */
export function openDenoFs(): Sys {
  const files = new Map<number, Deno.FsFile>();
  let next = 3;
  return {
    lstat: (path, into) => attempt(() => fill(Deno.lstatSync(pathOf(path)), into)),
    readDir: listNames,
    readLink: (path, into) =>
      attempt(() =>
        encoder.encodeInto(Deno.readLinkSync(pathOf(path)).replaceAll("\\", "/"), into).written
      ),
    listXattrs: () => 0,
    getXattr: () => -Errno.ENOENT,
    open: (path) =>
      attempt(() => {
        files.set(next, Deno.openSync(pathOf(path)));
        return next++;
      }),
    read: (file, into) => attempt(() => files.get(file)!.readSync(into) ?? 0),
    readAsync: async (file, into) =>
      await files.get(file)!.read(into).then((size) => size ?? 0, (error) => -codeOf(error)),
    close(file) {
      files.get(file)?.close();
      files.delete(file);
    },
    [Symbol.dispose]() {
      for (const file of files.values()) file.close();
      files.clear();
    },
  };
}

/** The names of a folder as {@link Sys.readDir} gives them. */
export function listNames(path: Uint8Array, into: string[]): number {
  return attempt(() => {
    for (const entry of Deno.readDirSync(pathOf(path))) {
      const letter = entry.isDirectory ? "d" : entry.isSymlink ? "l" : "-";
      into.push(`${byteString(encoder.encode(entry.name))}\0${letter}`);
    }
    return 0;
  });
}

function pathOf(path: Uint8Array): string {
  const end = path.indexOf(0);
  return decoder.decode(end < 0 ? path : path.subarray(0, end));
}

function fill(info: Deno.FileInfo, into: FileStat): number {
  const type = info.isDirectory ? S.dir : info.isSymlink ? S.symlink : S.regular;
  const milliseconds = info.mtime?.getTime() ?? 0;
  // Windows has no permissions; everything is made executable, as Go's sender does there.
  into.mode = info.mode ?? (type | 0o755);
  into.nlink = info.nlink ?? 1;
  into.size = info.size;
  into.mtimeSeconds = Math.floor(milliseconds / 1000);
  into.mtimeNanos = (milliseconds - into.mtimeSeconds * 1000) * 1e6;
  into.major = into.minor = 0;
  into.dev = info.dev;
  into.ino = info.ino ?? 0;
  return 0;
}

function attempt(call: () => number): number {
  try {
    return call();
  } catch (error) {
    return -codeOf(error);
  }
}

function codeOf(error: unknown): number {
  if (error instanceof Deno.errors.NotFound) return Errno.ENOENT;
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return Errno.EACCES;
  }
  if (error instanceof Deno.errors.NotADirectory) return Errno.ENOTDIR;
  if (error instanceof Deno.errors.AlreadyExists) return Errno.EEXIST;
  return Errno.EIO;
}
