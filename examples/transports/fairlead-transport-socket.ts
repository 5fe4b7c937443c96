/**
 * `socket:///run/buildkit/buildkitd.sock`: a unix socket, as a node stream. A module runs inside
 * fairlead: it may import `node:` modules and files beside it, and no package by its name.
 */
import { createConnection, type Socket } from "node:net";

interface Spec {
  readonly path: string;
}

/** The part of fairlead's `DialContext` that is used here. */
interface Context {
  readonly signal: AbortSignal;
}

export default {
  scheme: "socket",
  version: "1.0.0",
  summary: "a unix socket, by node:net",
  example: "socket:///run/buildkit/buildkitd.sock",
  options: [],

  parse(endpoint: string): Spec {
    const path = endpoint.replace(/^socket:\/\//i, "").replace(/\?.*$/, "");
    if (path.startsWith("/")) return { path };
    throw Object.assign(new Error("there is no absolute path"), {
      code: "config",
      hint: "write it as socket:///run/buildkit/buildkitd.sock",
    });
  },

  async dial({ path }: Spec, { signal }: Context) {
    const socket = createConnection({ path, allowHalfOpen: true });
    await connected(socket, path, signal);
    return { stream: socket, authority: "localhost", peer: path, secure: false };
  },
};

/** Waits for the connection; the signal ends the wait, and nothing stays open behind it. */
function connected(socket: Socket, path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    const done = () => signal.removeEventListener("abort", abort);
    socket.once("connect", () => {
      done();
      resolve();
    });
    socket.once("error", (error: Error & { code?: string }) => {
      done();
      reject(signal.aborted ? signal.reason : failure(error, path));
    });
    if (signal.aborted) abort();
  });
}

/** An error with the fields that fairlead shows: `code`, `hint`, `retryable`. */
function failure(error: Error & { code?: string }, path: string): Error {
  const missing = error.code === "ENOENT";
  return Object.assign(new Error(missing ? `no socket at ${path}` : error.message), {
    code: missing ? "not-found" : error.code === "EACCES" ? "denied" : "unreachable",
    hint: "check the path, and that the daemon is running",
    retryable: missing || error.code === "ECONNREFUSED",
  });
}
