import { connectTcp, formatHostPort } from "../net/tcp_connect.ts";
import { streamOf } from "../byte_stream.ts";
import { portIn, splitEndpoint } from "../endpoint.ts";
import type { Transport } from "../transport.ts";

/** A TCP port. */
interface TcpSpec {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** `tcp://HOST:PORT`: gRPC in the clear, or under TLS when TLS options are given. */
export const tcp = {
  scheme: "tcp",
  summary: "a TCP port, unencrypted unless TLS options are given",
  example: "tcp://127.0.0.1:1234",
  options: [],

  parse(endpoint: string): TcpSpec {
    const parts = splitEndpoint(endpoint, tcp);
    const { address, fail } = parts;
    const [, bracketed, host = bracketed ?? "", port] = ADDRESS.exec(address) ??
      fail(misshapen(address));
    if (host === "") fail("it has no host");
    if (bracketed === undefined && host.includes(":")) {
      fail("an IPv6 address must be in brackets", "write it as tcp://[ADDRESS]:PORT");
    }
    if (bracketed !== undefined && !IPV6.test(bracketed)) fail("only IPv6 goes into brackets");
    if (bracketed === undefined && !isName(host)) {
      fail(`${JSON.stringify(host)} is not a host name`);
    }
    if (port === undefined || port === "") {
      const example = formatHostPort({ host, port: 1234 });
      return fail("it has no port", `add the port the daemon listens on, like tcp://${example}`);
    }
    return { host, port: portIn(parts, port) };
  },

  describe,
  host: hostOf,
  site: (spec) => Promise.resolve(spec),
  plaintext: ({ host }) => !LOOPBACK.test(host),

  async dial(spec, context) {
    const conn = await connectTcp(spec, describe(spec), context);
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    const { hostname: host, port } = conn.remoteAddr;
    const peer = formatHostPort({ host, port });
    return { stream: streamOf(conn), authority: hostOf(spec).authority, peer, secure: false };
  },

  tcp: (spec) => spec,
} satisfies Transport<TcpSpec>;

/** Matches `[IPv6]` or a host, with an optional `:PORT`. */
const ADDRESS = /^(?:\[([^\]]*)\]|([^[\]/#@]*?))(?::([^:/#]*))?$/;
const IPV6 = /^[0-9a-f.]*:[0-9a-f:.]*(%[\w.-]+)?$/i;
const LOOPBACK =
  /^(127\.\d+\.\d+\.\d+|(.+\.)?localhost\.?|(0*:)*:?0*1|::ffff:127\.\d+\.\d+\.\d+)$/i;

/** Accepts letters of every script, because the system's resolver can handle them. */
function isName(host: string): boolean {
  // The pattern is made only when it is used: Unicode's classes take half a millisecond.
  return /^[\p{L}\p{M}\p{N}_.-]+$/u.test(host);
}

function describe(spec: TcpSpec): string {
  return `tcp://${formatHostPort(spec)}`;
}

/** Removes the zone of a link-local address (`%eth0`), which has a meaning only on this machine. */
function hostOf({ host, port }: TcpSpec): { authority: string; name: string } {
  const name = host.replace(/%.*/, "");
  return { authority: formatHostPort({ host: name, port }), name };
}

function misshapen(address: string): string {
  if (address.includes("@")) return "a user name is not allowed here";
  if (address.includes("/")) return "it has a path";
  if (address.includes("#")) return "it has a fragment";
  return "it is not a host and a port";
}
