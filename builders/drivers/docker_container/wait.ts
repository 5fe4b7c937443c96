/** Waits for the daemon in a container that was started, and says why it doesn't answer. */
import { after, onAbort, pause } from "../../../base/async.ts";
import { DIAL_STDIO } from "../../../transports/engine/container.ts";
import type { DialContext } from "../../../transports/transport.ts";
import { reasonIn } from "../../making/log_reason.ts";
import { BuilderError } from "../../builder_error.ts";
import { followLog, lastLines } from "./container_log.ts";
import type { MakeContext } from "../../making/maker.ts";
import { inspect, type NodeContainer, run } from "./node_container.ts";
import { remedyFor } from "./remedy.ts";

/**
 * The time limit of one check, and of all of them from the daemon's start on, and the time between
 * two checks, in ms.
 */
const BOOT_LIMIT = 20_000, LOOK = 40;
/**
 * On a busy machine a check takes seconds. Like buildx, this side gives up after some checks only.
 */
const LEAST_LOOKS = 15;
/**
 * The time for the daemon's first word in its log, in ms. A check that comes too early slows it
 * down.
 */
const FIRST_WORD = 1000;
/** The number of lines that are shown of the log of a daemon that doesn't answer. */
const SHOWN_LINES = 20;
/** The number of restarts after which a container is given up. */
const MOST_RESTARTS = 3;

/**
 * Waits until the daemon's log says that it listens, or until the daemon answers. The log costs
 * nothing, whereas each question starts a program in the container.
 * @param log which part of the log is this daemon's
 */
export async function waitForDaemon(
  at: NodeContainer,
  log: "start" | "now",
  context: MakeContext,
): Promise<void> {
  const done = new AbortController();
  const signal = AbortSignal.any([context.signal, done.signal]);
  const listening = Promise.withResolvers<void>();
  const following = followLog(at, log, { ...context, signal }, listening.resolve);
  try {
    // The log's end is that of the container, or there is none.
    const early = Promise.race([following, pause(FIRST_WORD, signal)]);
    await Promise.race([
      listening.promise,
      early.then(() => askDaemon(at, { ...context, signal })),
    ]);
  } finally {
    done.abort();
  }
}

/** Asks the daemon in its container until it answers. */
async function askDaemon(at: NodeContainer, context: MakeContext): Promise<void> {
  const until = performance.now() + BOOT_LIMIT;
  let failure: unknown;
  for (let look = 1;; look++) {
    const late = new AbortController();
    const stop = after(BOOT_LIMIT, () => late.abort());
    try {
      const signal = AbortSignal.any([context.signal, late.signal]);
      return await hearDaemon(at, { ...context, signal });
    } catch (error) {
      context.signal.throwIfAborted();
      failure = late.signal.aborted ? failure ?? error : error;
    } finally {
      stop();
    }
    const isLate = late.signal.aborted || (performance.now() > until && look >= LEAST_LOOKS);
    if (isLate || await endsAgainAndAgain(at, look, context)) {
      throw await notAnswering(at, failure, context);
    }
    await pause(Math.min(look * LOOK, 500), context.signal);
  }
}

/**
 * Whether the container keeps ending. It is asked seldom, because most daemons need only a moment.
 */
async function endsAgainAndAgain(
  at: NodeContainer,
  look: number,
  context: MakeContext,
): Promise<boolean> {
  if (look % 5 !== 0) return false;
  const found = await inspect(at, context).catch(() => undefined);
  context.signal.throwIfAborted();
  return (found?.RestartCount ?? 0) >= MOST_RESTARTS || found?.State?.Status === "exited";
}

/**
 * Connects to the daemon, and reads the first byte: a gRPC server speaks first, once it has its
 * workers. That takes no call, and unlike a program that ends, no diagnosis of its end.
 */
async function hearDaemon(at: NodeContainer, context: DialContext): Promise<void> {
  const stream = await run(at, DIAL_STDIO, context);
  using _closing = onAbort(context.signal, () => stream.close());
  try {
    const first = new Uint8Array(9);
    const count = await stream.read(first);
    // HTTP/2's first frame is SETTINGS, type 4; an engine's message on a dead container is a text.
    if (count === null || first[0] !== 0 || (count > 3 && first[3] !== 4)) {
      throw new Error("the daemon doesn't answer as an HTTP/2 server");
    }
  } finally {
    stream.close();
  }
}

async function notAnswering(
  at: NodeContainer,
  cause: unknown,
  context: MakeContext,
): Promise<BuilderError> {
  const { name, tool } = at;
  const found = await inspect(at, context).catch(() => undefined);
  const state = found?.State?.Status ?? "unknown";
  const log = await lastLines(at, context).catch(() => []);
  if (log.length > 0) context.steps.log(`${log.slice(-SHOWN_LINES).join("\n")}\n`);
  const reason = reasonIn(log);
  return new BuilderError(
    `buildkitd in container ${name} doesn't answer (the container is ${state})` +
      (reason === undefined ? "" : `: ${reason}`),
    {
      hint: remedyFor(reason ?? "", tool) ??
        `see ${tool.program} logs ${name}; remove it by ${tool.program} rm -f ${name}`,
      cause,
    },
  );
}
