/**
 * Sets TCP_NODELAY and SO_KEEPALIVE by libc for a connection of `Deno.connectTls`, which has no
 * method for either. The socket is the open file whose two ends have the connection's ports.
 */
import { libcNames } from "../../base/libc_names.ts";

const address = { parameters: ["i32", "buffer", "buffer"], result: "i32" } as const;
const symbols = {
  getsockname: address,
  getpeername: address,
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
} as const;

/** The [level, option] of TCP_NODELAY, then of SO_KEEPALIVE by system. */
const NODELAY = [6, 1] as const;
const KEEPALIVE = Deno.build.os === "darwin" ? [0xffff, 8] as const : [1, 9] as const;

/** The end of the search for the socket's file number. */
const MOST_FILES = 4096;

/** Sets the options of connections, until it is disposed of. */
export interface SocketOptions extends Disposable {
  /** Sets both options. Returns false where that fails. */
  set(conn: Deno.Conn<Deno.NetAddr>): boolean;
}

type Libc = Deno.DynamicLibrary<typeof symbols>;

/** Opening libc takes a millisecond, so connections that are made at once share it. */
let shared: { readonly libc: Libc | undefined; users: number } | undefined;

/** Opens libc. Where that isn't possible, `set` returns false. */
export function openSocketOptions(): SocketOptions {
  const own = shared ??= { libc: openLibc(), users: 0 };
  own.users++;
  return {
    set: (conn) => own.libc !== undefined && setBoth(own.libc, conn),
    [Symbol.dispose]() {
      if (--own.users > 0) return;
      own.libc?.close();
      shared = undefined;
    },
  };
}

function setBoth(libc: Libc, { localAddr, remoteAddr }: Deno.Conn<Deno.NetAddr>): boolean {
  const { getsockname, getpeername, setsockopt } = libc.symbols;
  const sockaddr = new Uint8Array(128);
  const port = (of: typeof getsockname, file: number): number => {
    const size = new Uint32Array([sockaddr.length]);
    // The port is big-endian, in the third and fourth byte, for IPv4 and IPv6 on both systems.
    return of(file, sockaddr, size) === 0 ? sockaddr[2]! << 8 | sockaddr[3]! : 0;
  };
  const on = new Uint32Array([1]);
  for (let file = 3; file < MOST_FILES; file++) {
    if (port(getpeername, file) !== remoteAddr.port) continue;
    if (port(getsockname, file) !== localAddr.port) continue;
    return [NODELAY, KEEPALIVE].every(([level, option]) =>
      setsockopt(file, level, option, on, 4) === 0
    );
  }
  return false;
}

function openLibc(): Libc | undefined {
  for (const name of libcNames()) {
    try {
      return Deno.dlopen(name, symbols);
    } catch {
      // The C library is another one, or the permission is missing.
    }
  }
  return undefined;
}
