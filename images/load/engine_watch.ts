/**
 * Detects an engine that is gone during a load. A working engine may be silent for long: its disk
 * is slow, or it unpacks. So a silent engine is asked a small question. An engine that doesn't
 * answer is gone, though its connection stays open: it was stopped, its machine sleeps, or the
 * network drops all packets. An engine that only answers questions for ten minutes has lost the
 * image's own connection.
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
import { type EngineProgress, readProgress } from "../../transports/engine/progress.ts";

/** Watches an engine until the watch is disposed of. */
export interface EngineWatch extends Disposable {
  /** The given context; its signal is also aborted when the engine is gone, with an `Error`. */
  readonly context: DialContext;
  /** Runs `body`. Silence counts only while something runs: else the engine has nothing to do. */
  during<T>(body: () => Promise<T>): Promise<T>;
  /** Called when the engine has said something. */
  moved(): void;
}

/** How long an engine may take over the small question, in milliseconds. */
const ANSWER = 10_000;
/**
 * The number of silences in a row after which even an engine that answers is given up: ten minutes.
 */
const MOST_SILENCES = 24;
const PING: EngineRequest = { method: "GET", path: "/_ping" };

/** @param onSlow called each time that the engine answers, though it has been silent */
export function watchEngine(
  engine: EngineEndpoint,
  context: DialContext,
  onSlow: (text: string) => void = () => {},
): EngineWatch {
  const { signal, env, log } = context;
  const end = new AbortController();
  const gone = new AbortController();
  let [moves, running] = [0, 0];
  let [silences, movesBefore] = [0, 0];
  // NaN never equals the value before.
  const look = () =>
    whenStill(() => running > 0 ? moves : NaN, SILENCE, { still: () => void ask() });
  let looks = look();

  async function ask(): Promise<void> {
    const time = AbortSignal.any([signal, end.signal, AbortSignal.timeout(ANSWER)]);
    const answers = await isAlive(engine, { signal: time, env, log, step: () => {} });
    if (signal.aborted || end.signal.aborted) return;
    const silence = `the engine at ${engine.host} has made no progress for ${SILENCE / 1000} s`;
    if (!answers) return gone.abort(new Error(`${silence}, and doesn't answer any more`));
    silences = moves === movesBefore ? silences + 1 : 1;
    movesBefore = moves;
    if (silences >= MOST_SILENCES) {
      const text = `the engine at ${engine.host} answers, but has made no progress for ` +
        `${SILENCE * silences / 60_000} minutes: the connection to it was probably lost; try again`;
      return gone.abort(new Error(text));
    }
    onSlow(`${silence}; it still answers, so fairlead keeps waiting`);
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
 * Reads the answer to a request to its end; each step of it is a sign of life. Throws `DialError`,
 * `EngineError`, or the reason of the watch's signal.
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
