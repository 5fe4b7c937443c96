/** Reads the log of a node's container. */
import { answerOf, callEngine } from "../../../transports/engine/docker_engine.ts";
import { readFrames } from "../../../transports/engine/exec_frames.ts";
import type { DialContext } from "../../../transports/transport.ts";
import { logLines } from "../../making/log_reason.ts";
import { type NodeContainer, pathOf } from "./node_container.ts";

/** The limits on reading the log of a daemon. */
const READ_LINES = 200, LOG_BYTES = 64 << 10;
/** buildkitd's line about its default socket, written when the workers are there and it listens. */
const LISTENING = /running server on \/run\/buildkit\/buildkitd\.sock/;

/** The last lines of the log. */
export async function lastLines(at: NodeContainer, context: DialContext): Promise<string[]> {
  let text = "";
  await read(at, `tail=${READ_LINES}`, context, (part) => (text += part).length < LOG_BYTES);
  return logLines(text);
}

/**
 * Follows the log, and calls `onListening` when the daemon says that it listens. An engine that
 * keeps no log, or a daemon that logs less, never causes a call. Ends with the signal.
 * @param from where it begins: a container that ran before has lines of its earlier daemons
 */
export async function followLog(
  at: NodeContainer,
  from: "start" | "now",
  context: DialContext,
  onListening: () => void,
): Promise<void> {
  const tail = from === "now" ? "&tail=0" : "";
  let rest = "";
  await read(at, `follow=1${tail}`, context, (part) => {
    rest += part;
    if (LISTENING.test(rest)) return onListening(), false;
    rest = rest.slice(rest.lastIndexOf("\n") + 1).slice(-LOG_BYTES);
    return true;
  }).catch(() => {});
}

/** Reads the log while `take` returns true. */
async function read(
  at: NodeContainer,
  query: string,
  context: DialContext,
  take: (text: string) => boolean,
): Promise<void> {
  const { engine } = at;
  const path = `${pathOf(at)}/logs?stdout=1&stderr=1&${query}`;
  const request = { method: "GET", path } as const;
  const call = await callEngine(engine, request, context);
  const decoder = new TextDecoder();
  let goesOn = true;
  const add = (bytes: Uint8Array) => {
    if (!goesOn || take(decoder.decode(bytes, { stream: true }))) return;
    goesOn = false;
    // A read for more may be pending.
    call.stream.close();
  };
  try {
    await answerOf(call, engine, request, context.signal);
    const next = readFrames((into) => call.http.read(into), add);
    const part = new Uint8Array(4096);
    for (let n; goesOn && (n = await next(part)) !== null;) add(part.subarray(0, n));
  } catch (error) {
    if (goesOn) throw error;
  } finally {
    call.stream.close();
  }
}
