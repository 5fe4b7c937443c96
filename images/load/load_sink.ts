/** The body of `POST /images/load`: an archive for a Docker engine or podman. */
import { errorText } from "../../base/error_text.ts";
import { Gatherer, OutputError, type OutputSink } from "../../buildkit/session/output_sink.ts";
import {
  callEngine,
  type EngineCall,
  type EngineRequest,
} from "../../transports/engine/docker_engine.ts";
import type { EngineProgress } from "../../transports/engine/progress.ts";
import type { DialContext } from "../../transports/transport.ts";
import { hearOut, watchEngine } from "./engine_watch.ts";
import type { LoadTarget } from "./image_load.ts";

const LOAD: EngineRequest = {
  method: "POST",
  path: "/images/load?quiet=0",
  headers: { "Content-Type": "application/x-tar" },
  body: "stream",
};

export interface LoadOptions {
  readonly onProgress: (progress: EngineProgress) => void;
  /** Asks whether the engine has the image. */
  readonly arrived: () => Promise<boolean>;
}

/**
 * An `OutputSink` whose `close` resolves to false when the image arrived but the answer was lost.
 */
export interface LoadSink extends Omit<OutputSink, "close"> {
  close(): Promise<boolean>;
}

/** The request begins with the first bytes: a build without output sends the engine nothing. */
export function loadSink(target: LoadTarget, context: DialContext, options: LoadOptions): LoadSink {
  let load: Promise<Load> | undefined;
  const gatherer = new Gatherer(async (bytes) => {
    load ??= startLoad(target, context, options);
    await (await load).write(bytes);
    return bytes.length;
  });
  return {
    write: (bytes) => gatherer.write(bytes),
    async close() {
      await gatherer.close();
      return await (await load)?.end() ?? true;
    },
    async abort() {
      const given = gatherer.abort();
      const begun = await load?.catch(() => undefined);
      begun?.close();
      await given;
    },
  };
}

/** An import under way. */
interface Load {
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the tar and waits for the end of the answer; false as `LoadSink.close`. */
  end(): Promise<boolean>;
  close(): void;
}

async function startLoad(
  { endpoint, program }: LoadTarget,
  context: DialContext,
  { onProgress, arrived }: LoadOptions,
): Promise<Load> {
  let ended = false;
  const there = Promise.withResolvers<boolean>();
  const watch = watchEngine(endpoint, context, (text) => {
    onProgress({ id: "", text });
    if (!ended) return;
    arrived().then((isThere) => isThere && there.resolve(false), () => {});
  });
  let call: EngineCall;
  try {
    call = await explain(
      program,
      () => watch.during(() => callEngine(endpoint, LOAD, watch.context)),
      context.signal,
    );
  } catch (error) {
    watch[Symbol.dispose]();
    throw error;
  }
  // As in buildx, the engine's texts aren't shown; but "Error unpacking image" is worth it.
  const tell = (progress: EngineProgress) => {
    if (progress.id !== "" || /^Error /.test(progress.text)) onProgress(progress);
  };
  // The engine answers while it reads, and may refuse before it has read everything.
  let answered = false;
  const close = () => {
    watch[Symbol.dispose]();
    call.stream.close();
  };
  const answer = explain(
    program,
    () => hearOut(call, { engine: endpoint, request: LOAD, watch }, tell),
    context.signal,
  ).finally(() => {
    answered = true;
    close();
  });
  answer.catch(() => {});
  // A successful engine may close the connection after the tar's end, so only its answer counts.
  const send = async (body: () => Promise<void>) => {
    if (!answered) await watch.during(body).catch(() => answer);
    else await answer;
  };
  return {
    write: (bytes) => send(() => call.http.write(bytes)),
    async end() {
      await send(() => call.http.end());
      ended = true;
      return await watch.during(() => Promise.race([answer.then(() => true), there.promise]))
        .finally(close);
    },
    close: () => call.stream.close(),
  };
}

/**
 * Runs `body`; its error becomes an `OutputError` with the program's name. Rejects with the
 * signal's reason, too.
 */
export async function explain<T>(
  program: string,
  body: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OutputError) throw error;
    const reason = errorText(error);
    throw new OutputError(`cannot load the image into ${program}: ${reason}`, { cause: error });
  }
}
