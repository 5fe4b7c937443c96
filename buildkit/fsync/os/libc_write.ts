/** The system calls that write into a folder, relative to open folders. Results are libc's. */
import { libcNames } from "../../../base/libc_names.ts";
import { errnoReader, load } from "./libc.ts";

const symbols = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  writeAsync: {
    name: "write",
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  symlinkat: { parameters: ["buffer", "i32", "buffer"], result: "i32" },
  linkat: { parameters: ["i32", "buffer", "i32", "buffer", "i32"], result: "i32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  renameat: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  fchownat: { parameters: ["i32", "buffer", "u32", "u32", "i32"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  fchmodat: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  utimensat: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  futimens: { parameters: ["i32", "buffer"], result: "i32" },
  // Linux takes five, and never looks at the sixth; macOS has one more before the last.
  fsetxattr: { parameters: ["i32", "buffer", "buffer", "u32", "u32", "i32"], result: "i32" },
  // Absent from glibc before 2.33 and macOS before 13: then devices and FIFOs can't be made.
  mknodat: { parameters: ["i32", "buffer", "u32", "u64"], result: "i32", optional: true },
  getdents64: { parameters: ["i32", "buffer", "u32"], result: "i32", optional: true },
} as const;

/** The functions of libc that write. */
export interface LibcWrite extends Disposable {
  readonly calls: Deno.DynamicLibrary<typeof symbols>["symbols"];
  /** The negative errno of the call that has just failed. */
  errno(): number;
}

const arm = Deno.build.arch === "aarch64";
/** The flags, which differ by system, and some on Linux by machine. */
export const flags = Deno.build.os === "darwin"
  ? {
    folder: 0x100000 | 0x1000000, // O_DIRECTORY | O_CLOEXEC
    noFollow: 0x100,
    existing: 0x100 | 0x1000000 | 0x4, // O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
    // O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    createNew: 0x1 | 0x200 | 0x800 | 0x100 | 0x1000000,
    atNoFollow: 0x20,
    atRemoveDir: 0x80,
  }
  : {
    folder: (arm ? 0o40000 : 0o200000) | 0o2000000,
    noFollow: arm ? 0o100000 : 0o400000,
    existing: (arm ? 0o100000 : 0o400000) | 0o2000000 | 0o4000,
    createNew: 0o1 | 0o100 | 0o200 | (arm ? 0o100000 : 0o400000) | 0o2000000,
    atNoFollow: 0x100,
    atRemoveDir: 0x200,
  };

/** Opens libc for writing; undefined without libc or FFI. */
export function openLibcWrite(): LibcWrite | undefined {
  const location = Deno.build.os === "darwin" ? "__error" : "__errno_location";
  const errno = { name: location, parameters: [], result: "pointer" } as const;
  const lib = load(libcNames(), { ...symbols, errno });
  if (lib === undefined) return undefined;
  return {
    calls: lib.symbols,
    errno: errnoReader(lib.symbols.errno()),
    [Symbol.dispose]: () => lib.close(),
  };
}
