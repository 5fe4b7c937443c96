/**
 * The system calls by libc. Linux has the same `struct statx` on every machine; macOS has one
 * `struct stat` with 64-bit inodes, whose functions carry the suffix `$INODE64` on Intel alone.
 * Both were little-endian where Deno runs.
 */
import { libcNames } from "../../../base/libc_names.ts";
import type { FileStat, Sys } from "./sys.ts";
import { listNames } from "./deno_fs.ts";

const common = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
} as const;

/**
 * Functions that many trees never need. Deno takes 0.1 to 0.3 ms to open one, so they are opened at
 * their first call.
 */
const rare = {
  readAsync: {
    name: "read",
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  readlink: { parameters: ["buffer", "buffer", "u32"], result: "i32" },
} as const;

const linuxSymbols = {
  ...common,
  __errno_location: { parameters: [], result: "pointer" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  // Absent from glibc before 2.30 and from musl: then Deno lists, and shows names that are not
  // UTF-8 mangled.
  getdents64: { parameters: ["i32", "buffer", "u32"], result: "i32", optional: true },
  llistxattr: { parameters: ["buffer", "buffer", "u32"], result: "i32" },
} as const;

const linuxRare = {
  ...rare,
  lgetxattr: { parameters: ["buffer", "buffer", "buffer", "u32"], result: "i32" },
} as const;

const darwinSymbols = {
  ...common,
  __error: { parameters: [], result: "pointer" },
  lstat: {
    name: Deno.build.arch === "x86_64" ? "lstat$INODE64" : "lstat",
    parameters: ["buffer", "buffer"],
    result: "i32",
  },
  listxattr: { parameters: ["buffer", "buffer", "u32", "i32"], result: "i32" },
} as const;

const darwinRare = {
  ...rare,
  getxattr: { parameters: ["buffer", "buffer", "buffer", "u32", "u32", "i32"], result: "i32" },
} as const;

/** Opens libc; undefined on Windows, without FFI, and for an unknown C library. */
export function openLibc(): Sys | undefined {
  if (Deno.build.os === "linux") {
    const lib = load(libcNames(), linuxSymbols);
    return lib && linuxSys(lib);
  }
  if (Deno.build.os === "darwin") {
    const lib = load(libcNames(), darwinSymbols);
    return lib && darwinSys(lib);
  }
  return undefined;
}

/** Opens the first library of `names` that has all symbols. */
export function load<T extends Deno.ForeignLibraryInterface>(
  names: readonly string[],
  symbols: T,
): Deno.DynamicLibrary<T> | undefined {
  for (const name of names) {
    try {
      return Deno.dlopen(name, symbols);
    } catch {
      // This is another C library, or it is missing, or permission is missing. The next name is
      // tried; in the end the fallback is used.
    }
  }
  return undefined;
}

/** Opens libc again for further symbols, when the first of them is used. */
function later<T extends Deno.ForeignLibraryInterface>(symbols: T) {
  let lib: Deno.DynamicLibrary<T> | undefined;
  return {
    get symbols() {
      return (lib ??= load(libcNames(), symbols)!).symbols;
    },
    close: () => lib?.close(),
  };
}

/** Reads errno right after a failed call. The address is fixed for a thread, as JavaScript's is. */
export function errnoReader(location: Deno.PointerValue): () => number {
  const view = new Deno.UnsafePointerView(location!);
  return () => -view.getInt32();
}

const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = Deno.build.arch === "aarch64" ? 0o40000 : 0o200000;
const O_NOFOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const O_NONBLOCK = 0o4000;

function linuxSys(lib: Deno.DynamicLibrary<typeof linuxSymbols>): Sys {
  const { statx, open, close, getdents64, llistxattr } = lib.symbols;
  const rarely = later(linuxRare);
  const errno = errnoReader(lib.symbols.__errno_location());
  const raw = new Uint32Array(64);
  const dents = new Uint8Array(64 * 1024);
  return {
    ...commonSys(lib, rarely, errno),
    lstat(path, into) {
      const [cwd, nofollow, basic] = [-100, 0x100, 0x7ff];
      if (statx(cwd, path, nofollow, basic, raw) < 0) return errno();
      fromStatx(raw, into);
      return 0;
    },
    readDir: getdents64 === null ? listNames : (path, into) => {
      const folder = open(path, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (folder < 0) return errno();
      let size: number;
      while ((size = getdents64(folder, dents, dents.length)) > 0) namesOf(dents, size, into);
      const result = size < 0 ? errno() : 0;
      close(folder);
      return result;
    },
    listXattrs: (path, into) => orErrno(llistxattr(path, into, into.length), errno),
    getXattr: (path, name, into) =>
      orErrno(rarely.symbols.lgetxattr(path, name, into, into.length), errno),
    open: (path) => orErrno(open(path, O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), errno),
  };
}

function darwinSys(lib: Deno.DynamicLibrary<typeof darwinSymbols>): Sys {
  const { lstat, open, listxattr } = lib.symbols;
  const rarely = later(darwinRare);
  const errno = errnoReader(lib.symbols.__error());
  const raw = new DataView(new ArrayBuffer(256));
  const bytes = new Uint8Array(raw.buffer);
  const [nofollow, openFlags] = [1, 0x100 | 0x1000000 | 4];
  return {
    ...commonSys(lib, rarely, errno),
    lstat(path, into) {
      if (lstat(path, bytes) < 0) return errno();
      fromDarwinStat(raw, into);
      return 0;
    },
    readDir: listNames, // names are always UTF-8 there
    listXattrs: (path, into) => orErrno(listxattr(path, into, into.length, nofollow), errno),
    getXattr: (path, name, into) =>
      orErrno(rarely.symbols.getxattr(path, name, into, into.length, 0, nofollow), errno),
    open: (path) => orErrno(open(path, openFlags), errno),
  };
}

function commonSys(
  lib: Deno.DynamicLibrary<typeof common>,
  rarely: Pick<Deno.DynamicLibrary<typeof rare>, "symbols" | "close">,
  errno: () => number,
): Pick<Sys, "readLink" | "read" | "readAsync" | "close" | typeof Symbol.dispose> {
  const { read, close } = lib.symbols;
  return {
    readLink: (path, into) => orErrno(rarely.symbols.readlink(path, into, into.length), errno),
    read: (file, into) => orErrno(read(file, into, into.length), errno),
    async readAsync(file, into) {
      // That call's errno belongs to another thread, so a failed read is repeated here.
      const bytes = into as Uint8Array<ArrayBuffer>;
      const size = await rarely.symbols.readAsync(file, bytes, bytes.length);
      return size < 0 ? orErrno(read(file, into, into.length), errno) : size;
    },
    close: (file) => void close(file),
    [Symbol.dispose]() {
      lib.close();
      rarely.close();
    },
  };
}

function orErrno(result: number, errno: () => number): number {
  return result < 0 ? errno() : result;
}

/** struct statx in 32-bit words: nlink 4, mode 7, ino 8, size 10, mtime 28, rdev 32, dev 34. */
function fromStatx(raw: Uint32Array, into: FileStat): void {
  into.nlink = raw[4]!;
  into.mode = raw[7]! & 0xffff;
  into.ino = raw[9]! < 0x200000 ? raw[9]! * 4294967296 + raw[8]! : `${raw[9]}:${raw[8]}`;
  into.size = raw[11]! * 4294967296 + raw[10]!;
  into.mtimeSeconds = (raw[29]! | 0) * 4294967296 + raw[28]!;
  into.mtimeNanos = raw[30]!;
  into.major = raw[32]! & 0xfff; // as Go takes them out of the 64-bit number
  into.minor = raw[33]! & 0xfffff;
  into.dev = raw[34]! * 4294967296 + raw[35]!;
}

function fromDarwinStat(raw: DataView, into: FileStat): void {
  const rdev = raw.getUint32(24, true);
  const ino = raw.getBigUint64(8, true);
  into.dev = raw.getInt32(0, true);
  into.mode = raw.getUint16(4, true);
  into.nlink = raw.getUint16(6, true);
  into.ino = ino < 2n ** 53n ? Number(ino) : `${ino}`;
  into.size = Number(raw.getBigInt64(96, true));
  into.mtimeSeconds = Number(raw.getBigInt64(48, true));
  into.mtimeNanos = Number(raw.getBigInt64(56, true));
  // Go's sender splits the number as on Linux, also on macOS.
  into.major = (rdev >>> 8) & 0xfff;
  into.minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
}

const letters: Record<number, string> = { 4: "d", 8: "-", 10: "l", 0: "?" };

/** struct linux_dirent64: inode 8, offset 8, length of the record 2, type 1, name and NUL. */
export function namesOf(dents: Uint8Array, size: number, into: string[]): void {
  for (let at = 0; at < size; at += dents[at + 16]! | (dents[at + 17]! << 8)) {
    const start = at + 19;
    let end = start;
    while (dents[end] !== 0) end++;
    if (
      dents[start] === 0x2e &&
      (end === start + 1 || (end === start + 2 && dents[start + 1] === 0x2e))
    ) continue;
    const name = String.fromCharCode.apply(null, dents.subarray(start, end) as unknown as number[]);
    into.push(`${name}\0${letters[dents[at + 18]!] ?? "-"}`);
  }
}
