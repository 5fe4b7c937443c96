import { maybe } from "../../base/maybe.ts";
import { shellWord } from "../../base/shell_word.ts";
import { DIAL_STDIO } from "../engine/container.ts";
import { formatHostPort } from "../net/tcp_connect.ts";
import { formatOptions, given, portIn, splitEndpoint } from "../endpoint.ts";
import type { Transport } from "../transport.ts";

/** A daemon behind an ssh server. */
interface SshSpec {
  /** A name or an address without brackets, or a `Host` of ~/.ssh/config. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** The daemon's socket on the server. */
  readonly socket?: string;
  /** The file of a private key. */
  readonly identity?: string;
  /** A file that is read instead of the known_hosts files. */
  readonly knownHosts?: string;
  /** The command on the server, for a socket that can't be reached or isn't named. */
  readonly command?: string;
}

/** The default socket of buildkitd. */
const SOCKET = "/run/buildkit/buildkitd.sock";

/** `ssh://[USER@]HOST[:PORT][/SOCKET]`: a daemon's unix socket, reached without an ssh program. */
export const ssh = {
  scheme: "ssh",
  summary: "a daemon's unix socket on another host, through its ssh server",
  example: "ssh://me@build.example.com",
  options: [
    { name: "identity", summary: "the file of the private key; no other key is tried" },
    { name: "knownHosts", summary: "a known_hosts file instead of the usual ones" },
    { name: "socket", summary: `the daemon's socket there; default: ${SOCKET}` },
    {
      name: "command",
      summary: `the command to run there instead; default: ${DIAL_STDIO.join(" ")}`,
    },
  ],

  parse(endpoint: string): SshSpec {
    const form = "ssh://[USER@]HOST[:PORT][/SOCKET]";
    const parts = splitEndpoint(endpoint, { ...ssh, example: form });
    const { fail } = parts;
    const [, authority = "", path = ""] = /^([^/]*)(.*)$/.exec(parts.address)!;
    const decoded = (text: string) =>
      maybe(() => decodeURIComponent(text)) ??
        fail("it contains an invalid percent encoding", "write a percent sign as %25");
    const at = authority.lastIndexOf("@");
    const login = at < 0 ? undefined : authority.slice(0, at);
    if (login?.includes(":")) {
      fail("passwords are not supported", "use a key: ?identity=FILE, ~/.ssh/config, or the agent");
    }
    const user = login === undefined || !USER.test(login) ? login : decoded(login);
    if (user !== undefined && (!USER.test(login!) || CONTROL.test(user) || user.startsWith("-"))) {
      fail(`${JSON.stringify(user)} is not a user name`);
    }
    const [, bracketed, plain, port] = HOST.exec(authority.slice(at + 1)) ??
      fail("it is not a host and a port");
    // RFC 6874 writes `%25` before an address's zone.
    const host = bracketed?.replace(/%25(?=.)/, "%") ?? plain ?? "";
    if (host === "") fail("it has no host");
    if (!isName(host)) fail(`${JSON.stringify(host)} is not a host name`);
    const number = port !== undefined && { port: portIn(parts, port) };
    const { socket: named } = given(parts, "socket");
    const inPath = path === "" || path === "/" ? undefined : decoded(path);
    if (named !== undefined && inPath !== undefined) {
      fail("it names two sockets", "give the path or the option socket, not both");
    }
    const socket = named ?? inPath;
    if (socket !== undefined && !socket.startsWith("/")) {
      fail("the socket's path is relative", "write it with a leading slash");
    }
    if (socket !== undefined && CONTROL.test(socket)) fail("its path contains a control character");
    return {
      host,
      ...user && { user },
      ...number,
      ...socket !== undefined && { socket },
      ...given(parts, "identity", "knownHosts", "command"),
    };
  },

  describe,
  host: ({ host }) => ({ authority: host, name: host }),
  async site(spec, env) {
    const { sshTarget } = await import("../ssh/dial.ts");
    const signal = new AbortController().signal;
    const target = await sshTarget(spec, describe(spec), { env, signal });
    const first = target.jumps[0] ?? target;
    // With a ProxyCommand, a program chooses the address.
    return first.proxyCommand === undefined ? first : undefined;
  },
  plaintext: () => false,

  async dial(spec, context) {
    const { dialSsh, sshTarget } = await import("../ssh/dial.ts");
    const target = await sshTarget(spec, describe(spec), context);
    const { command, socket = command === undefined ? SOCKET : undefined } = spec;
    const relay = spec.socket === undefined
      ? DIAL_STDIO
      : [DIAL_STDIO[0]!, "--addr", shellWord(`unix://${spec.socket}`), ...DIAL_STDIO.slice(1)];
    const ways = {
      socket,
      command: command ?? relay.join(" "),
      hint: `check that buildkitd runs there and that ${target.user} may use its socket, whose ` +
        "path is the endpoint's, or that buildctl is in the PATH of ssh commands",
    };
    const stream = await dialSsh(target, describe(spec), ways, context);
    const peer = `${target.user}@${formatHostPort(target)}`;
    // `secure` is false because TLS is useful even on a socket that only the host can reach.
    return { stream, authority: spec.host, peer, secure: false };
  },
} satisfies Transport<SshSpec>;

const USER = /^[^\s@/-][^\s@/]*$/;
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;
/** Matches `[IPv6]` or a host, with an optional `:PORT`. */
const HOST = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^[\]:#]*))(?::([^:#]*))?$/;

/** Refuses a leading dash, although no program ever gets the name. */
function isName(host: string): boolean {
  // The pattern is made only when it is used: Unicode's classes take half a millisecond.
  return /^[\p{L}\p{N}_:][\p{L}\p{M}\p{N}_.:%-]*$/u.test(host);
}

function describe(spec: SshSpec): string {
  const { user, host, port, socket = "", identity, knownHosts, command } = spec;
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return `ssh://${user === undefined ? "" : `${encoded(user)}@`}${bracketed}` +
    `${port === undefined ? "" : `:${port}`}${socket.replace(/[%?]/g, encoded)}` +
    formatOptions({ identity, knownHosts, command });
}

/** Encodes characters that have a meaning in an endpoint, such as `@` as `%40`. */
function encoded(text: string): string {
  return text.replace(/[\s%?#@:/]/g, encodeURIComponent);
}
