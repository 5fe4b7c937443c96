/**
 * Sets TCP_NODELAY and SO_KEEPALIVE by libc for a connection of `Deno.connectTls`, which has no
 * method for either. The socket is the open file whose two ends have the connection's ports.
 */

const LIBRARIES = Deno.build.os === "darwin"
  ? ["libSystem.dylib"]
  : Deno.build.os === "linux"
  ? ["libc.so.6", "libc.so", `libc.musl-${Deno.build.arch}.so.1`]
  : [];

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

/** Sets both options. Returns false where that fails. */
export function setTcpOptions({ localAddr, remoteAddr }: Deno.Conn<Deno.NetAddr>): boolean {
  using lib = open();
  if (lib === undefined) return false;
  const { getsockname, getpeername, setsockopt } = lib.symbols;
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

function open() {
  for (const name of LIBRARIES) {
    try {
      const lib = Deno.dlopen(name, symbols);
      return { symbols: lib.symbols, [Symbol.dispose]: () => lib.close() };
    } catch {
      // The C library is another one, or the permission is missing.
    }
  }
  return undefined;
}
