/**
 * `--load`: the image goes from the daemon into a Docker engine, as it comes, by
 * `POST /images/load`.
 */
import {
  type ByteOutput,
  Gatherer,
  OutputError,
  type OutputSink,
} from "../buildkit/session/output_sink.ts";
import {
  answerOf,
  askEngine,
  callEngine,
  type EngineEndpoint,
  type EngineRequest,
} from "../transports/_docker_engine.ts";
import type { DialContext } from "../transports/transport.ts";
import { BuilderError } from "./builder_error.ts";
import { type EngineProgress, readProgress } from "./engine_progress.ts";

/** A Docker engine that images are loaded into. */
export interface ImageLoader {
  /** True when its images are containerd's: it then takes OCI layouts, and indexes in them. */
  readonly containerd: boolean;
  /** Takes the tar of one image. What the engine has taken can't be taken back by `discard`. */
  output(onProgress: (progress: EngineProgress) => void): ByteOutput;
}

const LOAD: EngineRequest = {
  method: "POST",
  path: "/images/load?quiet=0",
  headers: { "Content-Type": "application/x-tar" },
  body: "stream",
};

/** How long an engine may take to say what it is, in milliseconds. */
const PATIENCE = 15_000;

/**
 * Asks the engine what it is, before the build begins: an engine that can't be had is told now.
 * Throws `BuilderError`, or the signal's reason.
 * @param patience in milliseconds
 */
export async function openImageLoader(
  endpoint: EngineEndpoint,
  context: DialContext,
  patience = PATIENCE,
): Promise<ImageLoader> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), patience);
  const signal = AbortSignal.any([context.signal, late.signal]);
  let info: unknown;
  try {
    info = await askEngine(endpoint, { method: "GET", path: "/info" }, { ...context, signal });
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = late.signal.aborted
      ? `the engine at ${endpoint.host} gave no answer within ${patience / 1000} s`
      : (error as Error).message;
    throw new BuilderError(`cannot load the image into docker: ${reason}`, {
      hint: "start docker, or name its engine by DOCKER_HOST or a docker context; " +
        "an image file needs none: --output type=docker,dest=FILE",
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
  return {
    containerd: isContainerd(info),
    output: (onProgress) => ({
      open: () => loadSink(endpoint, context, onProgress),
      commit: () => Promise.resolve(),
      discard: () => Promise.resolve(),
    }),
  };
}

/**
 * The exporter for a loader. With containerd's store an image is known by its manifest's digest
 * (moby/moby#45458), without it the docker format holds one platform and no attestations.
 * Throws `BuilderError`.
 * @param index whether the result has several manifests: platforms, or attestations asked for
 */
export function loadExporter(
  { containerd }: Pick<ImageLoader, "containerd">,
  attrs: Readonly<Record<string, string>>,
  index: boolean,
): { type: string; attrs: Readonly<Record<string, string>> } {
  if (containerd) return { type: "oci", attrs: { ...attrs, "prefer-image-digest": "true" } };
  if (!index) return { type: "docker", attrs };
  throw new BuilderError("docker exporter does not currently support exporting manifest lists", {
    hint: "build one platform without attestations, push the image, or turn on the engine's " +
      "containerd image store",
  });
}

/** `DriverStatus` of `GET /info` is a list of pairs. */
function isContainerd(info: unknown): boolean {
  const status = (info as { DriverStatus?: unknown } | undefined)?.DriverStatus;
  return Array.isArray(status) &&
    status.some((pair) =>
      Array.isArray(pair) && pair[0] === "driver-type" && pair[1] === "io.containerd.snapshotter.v1"
    );
}

/** The request begins with the first bytes: a build that sends none leaves the engine alone. */
function loadSink(
  endpoint: EngineEndpoint,
  context: DialContext,
  onProgress: (progress: EngineProgress) => void,
): OutputSink {
  let load: Promise<Load> | undefined;
  const gatherer = new Gatherer(async (bytes) => {
    load ??= startLoad(endpoint, context, onProgress);
    await (await load).write(bytes);
    return bytes.length;
  });
  return {
    write: (bytes) => gatherer.write(bytes),
    async close() {
      await gatherer.close();
      await (await load)?.end();
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
  /** Ends the tar and waits for the engine's last word. */
  end(): Promise<void>;
  close(): void;
}

async function startLoad(
  endpoint: EngineEndpoint,
  context: DialContext,
  onProgress: (progress: EngineProgress) => void,
): Promise<Load> {
  const call = await explain(() => callEngine(endpoint, LOAD, context), context.signal);
  // The engine answers while it reads, and may refuse before it has read everything.
  let answered = false;
  const answer = explain(async () => {
    await answerOf(call, endpoint, LOAD, context.signal);
    await readProgress(call.http, onProgress);
  }, context.signal).finally(() => {
    answered = true;
    call.stream.close();
  });
  answer.catch(() => {});
  // An engine that is content hangs up behind the tar's end; what it says counts, not that.
  const send = async (body: () => Promise<void>) => {
    if (!answered) await body().catch(() => answer);
    else await answer;
  };
  return {
    write: (bytes) => send(() => call.http.write(bytes)),
    async end() {
      await send(() => call.http.end());
      await answer;
    },
    close: () => call.stream.close(),
  };
}

async function explain<T>(body: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await body();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OutputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OutputError(`cannot load the image into docker: ${reason}`, { cause: error });
  }
}
