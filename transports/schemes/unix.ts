import { errorText } from "../../base/error_text.ts";
import { pause } from "../../base/async.ts";
import { streamOf } from "../byte_stream.ts";
import { splitEndpoint } from "../endpoint.ts";
import { DialError, type DialErrorDetails, interrupted } from "../errors.ts";
import type { DialContext, Transport } from "../transport.ts";

/** A unix socket on this machine. */
interface UnixSpec {
  /** The path as typed; a relative path is relative to the current folder, as in buildx. */
  readonly path: string;
}

/** The time, in ms, for which a daemon with a full queue of connections is dialled again. */
const FULL_QUEUE_MS = 2000;

/** `unix:///run/buildkit/buildkitd.sock`: a unix socket, with its path as typed. */
export const unix = {
  scheme: "unix",
  summary: "a unix socket on this machine",
  example: "unix:///run/buildkit/buildkitd.sock",
  options: [],

  parse(endpoint: string): UnixSpec {
    const { address, fail } = splitEndpoint(endpoint, unix);
    if (address === "") fail("it has no path");
    if (address.startsWith("@")) {
      fail("abstract sockets are not supported", "let the daemon listen on a path");
    }
    return { path: address };
  },

  describe: ({ path }) => `unix://${path}`,
  host: () => ({ authority: "", name: "" }),
  plaintext: () => false,

  async dial({ path }, context) {
    context.step("connect", path);
    const stream = streamOf(await connect(path, context));
    return { stream, authority: "localhost", peer: path, secure: false };
  },
} satisfies Transport<UnixSpec>;

async function connect(path: string, { signal }: DialContext): Promise<Deno.UnixConn> {
  const endpoint = unix.describe({ path });
  const started = performance.now();
  for (let wait = 5;; wait *= 2) {
    if (signal.aborted) throw interrupted(signal, endpoint, "connect");
    try {
      const conn = await Deno.connect({ transport: "unix", path });
      if (!signal.aborted) return conn;
      conn.close();
    } catch (error) {
      // A full unix socket refuses at once (EAGAIN), where TCP would wait in the queue. So the wait
      // is here.
      const full = error instanceof Deno.errors.WouldBlock;
      if (!full || performance.now() - started > FULL_QUEUE_MS) {
        throw await explain(path, endpoint, error);
      }
    }
    await pause(wait, signal).catch(() => {});
  }
}

async function explain(path: string, endpoint: string, cause: unknown): Promise<DialError> {
  const error = (problem: string, details: Pick<DialErrorDetails, "code" | "hint" | "retryable">) =>
    new DialError(problem, { endpoint, step: "connect", cause, ...details });

  if (cause instanceof Deno.errors.NotFound) {
    const hint = path.startsWith("/")
      ? "check the path, and that the daemon is running"
      : "the path is relative to the current folder; an absolute one has three slashes: unix:///path";
    return error("no such socket", { code: "not-found", retryable: true, hint });
  }
  if (cause instanceof Deno.errors.NotADirectory) {
    const hint = "check the path";
    return error("a part of the path is a file, not a folder", { code: "not-found", hint });
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    const hint = "run as a user who may write to the socket, or join the group that owns it";
    return error("permission denied", { code: "denied", hint });
  }
  if (cause instanceof Deno.errors.ConnectionRefused) {
    const info = await Deno.stat(path).catch(() => undefined);
    if (info !== undefined && !info.isSocket) {
      const problem = `it is a ${info.isDirectory ? "folder" : "file"}, not a socket`;
      return error(problem, { code: "config", hint: "give the path of the daemon's socket" });
    }
    const hint = "start the daemon; the socket's file was left behind by an earlier daemon";
    return error("connection refused", { code: "unreachable", retryable: true, hint });
  }
  if (cause instanceof Deno.errors.WouldBlock) {
    const hint = "the daemon accepts no connections; look at its log";
    return error("its queue of connections is full", {
      code: "unreachable",
      retryable: true,
      hint,
    });
  }
  // The kernel's address holds 108 bytes on Linux and 104 on macOS.
  if (cause instanceof TypeError) {
    const hint = "use a shorter path, for example through a symbolic link";
    return error("the path is too long for a socket", { code: "config", hint });
  }
  return error(errorText(cause), { code: "internal" });
}
