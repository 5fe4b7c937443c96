/**
 * `--load`: streams the image from the daemon into a Docker engine or podman by `POST /images/load`. An
 * image that the engine already has is only named: the daemon sends the digest before the first byte,
 * and takes AlreadyExists for success. Layers that the engine has are left out (`parts/`).
 */
import {
  type ByteOutput,
  Gatherer,
  OutputError,
  type OutputSink,
} from "../../buildkit/session/output_sink.ts";
import {
  askEngine,
  callEngine,
  type EngineCall,
  type EngineEndpoint,
  EngineError,
  type EngineRequest,
} from "../../transports/engine/docker_engine.ts";
import { after } from "../../base/async.ts";
import type { DialContext } from "../../transports/transport.ts";
import { Code, RpcError } from "../../buildkit/grpc/status.ts";
import { isThere, nameIt, placedIn } from "./image_there.ts";
import { BuilderError } from "../../builders/builder_error.ts";
import type { EngineProgress } from "../../transports/engine/progress.ts";
import { hearOut, watchEngine } from "./engine_watch.ts";
import type { DaemonContent } from "./parts/image.ts";
import { missingParts, type Parts, sendParts } from "./parts/load.ts";

/** An engine that images are loaded into, and the hint for an engine that can't be reached. */
export interface LoadTarget {
  readonly program: "docker" | "podman";
  readonly endpoint: EngineEndpoint;
  readonly hint: string;
}

/** An engine that has answered. */
export interface ImageLoader {
  readonly program: LoadTarget["program"];
  /** True when the engine keeps images in containerd: it then takes OCI layouts with indexes. */
  readonly containerd: boolean;
  /**
   * Takes the tar of one image, which then has the names. `discard` can't remove a layer that the
   * engine has taken.
   * @param content the daemon's blobs; without it, the engine gets the whole image
   */
  output(names: readonly string[], report: LoadReport, content?: DaemonContent): ByteOutput;
}

/** Is told about a load. */
export interface LoadReport {
  progress(progress: EngineProgress): void;
  /** So many bytes are not sent, because the engine has them. */
  leftOut?(bytes: number): void;
}

const LOAD: EngineRequest = {
  method: "POST",
  path: "/images/load?quiet=0",
  headers: { "Content-Type": "application/x-tar" },
  body: "stream",
};

/** How long an engine may take to answer `GET /info`, in milliseconds. */
const PATIENCE = 15_000;

/** Limits that tests shorten, in milliseconds. */
interface Times {
  readonly patience?: number;
  /** The `limit` of `watchEngine`. */
  readonly silence?: number;
}

/**
 * Asks the engine for its kind before the build begins, so that an engine that can't be reached is
 * reported early. Throws `BuilderError`, or the signal's reason.
 */
export async function openImageLoader(
  target: LoadTarget,
  context: DialContext,
  { patience = PATIENCE, silence }: Times = {},
): Promise<ImageLoader> {
  const { endpoint, program, hint } = target;
  const late = new AbortController();
  const stop = after(patience, () => late.abort());
  const signal = AbortSignal.any([context.signal, late.signal]);
  let info: unknown;
  try {
    info = await askEngine(endpoint, { method: "GET", path: "/info" }, { ...context, signal });
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = late.signal.aborted
      ? `the engine at ${endpoint.host} gave no answer within ${patience / 1000} s`
      : (error as Error).message;
    throw new BuilderError(`cannot load the image into ${program}: ${reason}`, {
      hint: `${hint}; an image file needs none: --output type=docker,dest=FILE`,
      cause: error,
    });
  } finally {
    stop();
  }
  const containerd = isContainerd(info);
  return {
    program,
    containerd,
    output: (names, report, content) => ({
      async open(metadata) {
        const onProgress = (progress: EngineProgress) => report.progress(progress);
        const placed = placedIn(endpoint, metadata, containerd);
        const watched = <T>(body: (context: DialContext) => Promise<T>) =>
          explain(program, async () => {
            using watch = watchEngine(endpoint, context, { limit: silence });
            return await watch.during(() => body(watch.context));
          }, context.signal);
        const nameAll = () => watched((inner) => nameIt(placed, names, inner));
        const isPlaced = () => watched((inner) => isThere(placed, containerd, inner));
        const looking = content && placed.id !== undefined
          ? missingParts(content, metadata, { target, containerd, context })
          : undefined;
        looking?.catch(() => {});
        if (await isPlaced()) {
          await nameAll();
          onProgress({ id: "", text: `${program} has the image already, nothing is sent` });
          throw new RpcError(Code.ALREADY_EXISTS, `${program} has the image already`);
        }
        const lacking = `${program} lacks a layer that it had: everything is sent`;
        // The image may have arrived though the engine's answer was lost.
        const arrived = () => isThere(placed, containerd, context);
        const open = (progress: typeof onProgress): OutputSink => {
          const sink = loadSink(target, context, { onProgress: progress, silence, arrived });
          return {
            ...sink,
            async close() {
              const answered = await sink.close();
              if (!answered || program !== "docker" && placed.id !== undefined) await nameAll();
            },
          };
        };
        const parts = await looking;
        if (parts !== undefined) {
          report.leftOut?.(parts.left);
          if (await loadParts(parts)) {
            throw new RpcError(Code.ALREADY_EXISTS, `${program} has the image now`);
          }
          report.leftOut?.(0);
        }
        return open(onProgress);

        /** False when the whole image has to be sent: the engine lost a layer meanwhile, for example. */
        async function loadParts(parts: Parts): Promise<boolean> {
          // containerd's store takes any image, so it gets the names when it has all parts.
          const nameless = containerd && names.length > 0;
          const quiet: typeof onProgress = (progress) =>
            /^Loaded image ID: /.test(progress.text) ? undefined : onProgress(progress);
          const sent = { ...parts, names: nameless ? [] : parts.names };
          try {
            await sendParts(content!, sent, open(nameless ? quiet : onProgress));
          } catch (error) {
            context.signal.throwIfAborted();
            // An engine that is gone takes no tar, either.
            if (error instanceof OutputError && !(error.cause instanceof EngineError)) throw error;
            if (error instanceof OutputError) onProgress({ id: "", text: lacking });
            return false;
          }
          if (!await isPlaced()) {
            onProgress({ id: "", text: lacking });
            return false;
          }
          if (nameless) {
            await nameAll();
            for (const name of names) onProgress({ id: "", text: `Loaded image: ${name}` });
          }
          return true;
        }
      },
      commit: () => Promise.resolve(),
      discard: () => Promise.resolve(),
    }),
  };
}

/**
 * Chooses the exporter for a loader. containerd's store knows an image by its manifest's digest
 * (moby/moby#45458); the docker format of other engines holds one platform and no attestations.
 * Throws `BuilderError`.
 * @param index true when the result has several manifests: platforms, or attestations
 */
export function loadExporter(
  { containerd, program }: Pick<ImageLoader, "containerd" | "program">,
  attrs: Readonly<Record<string, string>>,
  index: boolean,
): { type: string; attrs: Readonly<Record<string, string>> } {
  if (containerd) return { type: "oci", attrs: { ...attrs, "prefer-image-digest": "true" } };
  if (!index) {
    // podman turns several names in an archive into `localhost/…`, so it gets the names afterwards.
    const { name, ...rest } = attrs;
    const first = name?.split(",", 1)[0];
    return {
      type: "docker",
      attrs: program === "podman" && first ? { ...rest, name: first } : attrs,
    };
  }
  throw new BuilderError("docker exporter does not currently support exporting manifest lists", {
    hint: "build one platform without attestations, or push the image" +
      (program === "docker" ? ", or turn on the engine's containerd image store" : ""),
  });
}

/** Looks for containerd in `DriverStatus` of `GET /info`, a list of pairs. */
function isContainerd(info: unknown): boolean {
  const status = (info as { DriverStatus?: unknown } | undefined)?.DriverStatus;
  return Array.isArray(status) &&
    status.some((pair) =>
      Array.isArray(pair) && pair[0] === "driver-type" && pair[1] === "io.containerd.snapshotter.v1"
    );
}

interface LoadOptions {
  readonly onProgress: (progress: EngineProgress) => void;
  readonly silence: number | undefined;
  /** Asks whether the engine has the image. */
  readonly arrived: () => Promise<boolean>;
}

/** An `OutputSink` whose `close` resolves to false when the image arrived but the answer was lost. */
interface LoadSink extends Omit<OutputSink, "close"> {
  close(): Promise<boolean>;
}

/** The request begins with the first bytes: a build without output sends the engine nothing. */
function loadSink(target: LoadTarget, context: DialContext, options: LoadOptions): LoadSink {
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
  { onProgress, silence, arrived }: LoadOptions,
): Promise<Load> {
  let ended = false;
  const there = Promise.withResolvers<boolean>();
  const watch = watchEngine(endpoint, context, {
    limit: silence,
    onSlow(text) {
      onProgress({ id: "", text });
      if (!ended) return;
      arrived().then((isThere) => isThere && there.resolve(false), () => {});
    },
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
  // The engine answers while it reads, and may refuse before it has read everything.
  let answered = false;
  const close = () => {
    watch[Symbol.dispose]();
    call.stream.close();
  };
  const answer = explain(
    program,
    () => hearOut(call, { engine: endpoint, request: LOAD, watch }, onProgress),
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

async function explain<T>(
  program: string,
  body: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OutputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OutputError(`cannot load the image into ${program}: ${reason}`, { cause: error });
  }
}
