import { onAbort } from "../../base/async.ts";
import { duplexStream } from "./duplex_stream.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError, interrupted } from "../errors.ts";

/**
 * Opens a named pipe; on other systems than Windows the path is a unix socket's. It uses
 * `node:net`, because a Deno file can't be read and written at once on Windows.
 * Throws `DialError`, or the signal's reason.
 */
export async function connectPipe(
  path: string,
  endpoint: string,
  signal: AbortSignal,
): Promise<ByteStream> {
  const { connect } = await import("node:net");
  if (signal.aborted) throw interrupted(signal, endpoint, "connect");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ path, allowHalfOpen: true } as { path: string });
  using _ = onAbort(signal, () => reject(interrupted(signal, endpoint, "connect")));
  socket.on("connect", resolve);
  socket.on("error", (error) => reject(explain(error, endpoint)));
  try {
    await promise;
    return duplexStream(socket, { close: () => socket.destroy() });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function explain(cause: Error & { code?: string }, endpoint: string): DialError {
  const fail = (problem: string, code: DialError["code"], hint: string, retryable = false) =>
    new DialError(problem, { endpoint, step: "connect", code, hint, retryable, cause });
  switch (cause.code) {
    case "ENOENT":
      return fail("no such pipe", "not-found", "check the name; is the daemon running?", true);
    case "EACCES":
    case "EPERM":
      return fail("permission denied", "denied", "run as a user who may use the pipe");
    case "EBUSY":
      return fail("all its instances are in use", "unreachable", "try again later", true);
  }
  return fail(cause.message, "unreachable", "check that the daemon is running", true);
}
