/**
 * An engine at work on an image may be silent for long: its disk is slow, it unpacks. One that leaves
 * a small question unanswered, too, is gone, though its connection stays open: it was stopped, its
 * machine sleeps, or a network swallows everything.
 */
import { SILENCE, whenStill } from "../../buildkit/silence.ts";
import {
  answerOf,
  callEngine,
  type EngineCall,
  type EngineEndpoint,
  EngineError,
  type EngineRequest,
} from "../../transports/engine/docker_engine.ts";
import type { DialContext } from "../../transports/transport.ts";
import { type EngineProgress, readProgress } from "./engine_progress.ts";

/** Watches until it is disposed of. */
export interface EngineWatch extends Disposable {
  /** As given, but that its signal also ends when the engine is gone: with an `Error` that says so. */
  readonly context: DialContext;
  /** Runs it, and counts the time: before and after, the engine has nothing to do. */
  during<T>(body: () => Promise<T>): Promise<T>;
  /** The engine has said something. */
  moved(): void;
}

export interface WatchOptions {
  /** Milliseconds of silence behind which the engine is asked. */
  readonly limit?: number | undefined;
  /** Told each time that the engine answers, though it has been silent. */
  readonly onSlow?: (text: string) => void;
}

/** How long an engine may take over the small question, in milliseconds. */
const ANSWER = 10_000;
const PING: EngineRequest = { method: "GET", path: "/_ping" };

export function watchEngine(
  engine: EngineEndpoint,
  context: DialContext,
  { limit = SILENCE, onSlow = () => {} }: WatchOptions = {},
): EngineWatch {
  const { signal, env, log } = context;
  const end = new AbortController();
  const gone = new AbortController();
  let [moves, running] = [0, 0];
  // NaN is no value twice.
  const look = () => whenStill(() => running > 0 ? moves : NaN, limit, { still: () => void ask() });
  let looks = look();

  async function ask(): Promise<void> {
    const time = AbortSignal.any([
      signal,
      end.signal,
      AbortSignal.timeout(Math.min(limit, ANSWER)),
    ]);
    const answers = await isAlive(engine, { signal: time, env, log, step: () => {} });
    if (signal.aborted || end.signal.aborted) return;
    const silence = `the engine at ${engine.host} has got no further for ${limit / 1000} s`;
    if (!answers) return gone.abort(new Error(`${silence}, and doesn't answer any more`));
    onSlow(`${silence}; it answers, and is waited for`);
    looks = look();
  }

  return {
    context: { ...context, signal: AbortSignal.any([signal, gone.signal]) },
    async during(body) {
      running++;
      try {
        return await body();
      } finally {
        running--;
        moves++;
      }
    },
    moved: () => void moves++,
    [Symbol.dispose]() {
      end.abort();
      looks[Symbol.dispose]();
    },
  };
}

/**
 * Reads the answer to a request to its end, each step of which is a sign of life. Throws `DialError`,
 * `EngineError`, an `Error` with the engine's reason, or the reason of the watch's signal.
 */
export async function hearOut(
  call: EngineCall,
  { engine, request, watch }: {
    readonly engine: EngineEndpoint;
    readonly request: EngineRequest;
    readonly watch: EngineWatch;
  },
  onProgress: (progress: EngineProgress) => void,
): Promise<void> {
  const { signal } = watch.context;
  try {
    await answerOf(call, engine, request, signal);
    await readProgress(call.http, (progress) => {
      watch.moved();
      onProgress(progress);
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function isAlive(engine: EngineEndpoint, context: DialContext): Promise<boolean> {
  try {
    const call = await callEngine(engine, PING, context);
    try {
      await answerOf(call, engine, PING, context.signal);
    } finally {
      call.stream.close();
    }
    return true;
  } catch (error) {
    return error instanceof EngineError;
  }
}
