/**
 * The calls of libc for trees, because Deno sets no nanoseconds, and makes no special files and no
 * xattrs.
 */

const libc = Deno.dlopen("libc.so.6", {
  mknod: { parameters: ["buffer", "u32", "u64"], result: "i32" },
  utimensat: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  lchown: { parameters: ["buffer", "u32", "u32"], result: "i32" },
  lsetxattr: { parameters: ["buffer", "buffer", "buffer", "usize", "i32"], result: "i32" },
}).symbols;

const atFdcwd = -100;
const atSymlinkNofollow = 0x100;
const types = { fifo: 0o010000, char: 0o020000, block: 0o060000, socket: 0o140000 };

/** `device` is `major:minor` for devices, and ignored for others. */
export function special(path: string, kind: keyof typeof types, device: string): void {
  const [major = 0n, minor = 0n] = device.split(":").filter(Boolean).map(BigInt);
  // glibc's makedev for numbers of ordinary size.
  const number = (minor & 0xffn) | ((major & 0xfffn) << 8n) | ((minor & ~0xffn) << 12n);
  done("mknod", path, libc.mknod(cString(path), types[kind] | 0o644, number));
}

/**
 * Sets the times of access and of change of content. Where `path` is a symlink, the link itself is
 * changed.
 */
export function setTime(path: string, seconds: bigint, nanoseconds: bigint): void {
  const times = new BigInt64Array([seconds, nanoseconds, seconds, nanoseconds]);
  done("utimensat", path, libc.utimensat(atFdcwd, cString(path), times, atSymlinkNofollow));
}

export function setOwner(path: string, user: number, group: number): void {
  done("lchown", path, libc.lchown(cString(path), user, group));
}

export function setXattr(path: string, name: string, value: string): void {
  const bytes = new TextEncoder().encode(value);
  const result = libc.lsetxattr(cString(path), cString(name), bytes, BigInt(bytes.length), 0);
  done("lsetxattr", path, result);
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** errno can't be read through Deno's FFI: another call may have changed it. */
function done(call: string, path: string, result: number): void {
  if (result !== 0) throw new Error(`${call} ${path} failed`);
}
