/**
 * An image on its way into a Docker engine or podman: the layers that are already there, and those
 * that are sent.
 */
import {
  type ByteOutput,
  OutputError,
  type OutputSink,
} from "../../buildkit/session/output_sink.ts";
import { Code, RpcError } from "../../buildkit/grpc/status.ts";
import { EngineError } from "../../transports/engine/docker_engine.ts";
import type { EngineProgress } from "../../transports/engine/progress.ts";
import type { DialContext } from "../../transports/transport.ts";
import { watchEngine } from "./engine_watch.ts";
import type { LoadReport, LoadTarget } from "./image_load.ts";
import { imageIn, isThere, nameImage } from "./image_there.ts";
import { explain, loadSink } from "./load_sink.ts";
import type { DaemonContent } from "./parts/image.ts";
import { missingParts, type Parts, sendParts } from "./parts/load.ts";

/** The engine that gets an image. */
interface Engine {
  readonly target: LoadTarget;
  readonly containerd: boolean;
  readonly context: DialContext;
}

type OnProgress = (progress: EngineProgress) => void;

/** As `ImageLoader.output`. */
export function imageOutput(
  { target, containerd, context }: Engine,
  { names, report, content }: {
    readonly names: readonly string[];
    readonly report: LoadReport;
    readonly content: DaemonContent | undefined;
  },
): ByteOutput {
  const { program, endpoint } = target;
  const onProgress: OnProgress = (progress) => report.progress(progress);
  const say = (text: string) => onProgress({ id: "", text });

  return {
    async open(metadata) {
      const image = imageIn(endpoint, metadata, containerd);
      const watched = <T>(body: (context: DialContext) => Promise<T>) =>
        explain(program, async () => {
          using watch = watchEngine(endpoint, context);
          return await watch.during(() => body(watch.context));
        }, context.signal);
      const isThereNow = () => watched((inner) => isThere(image, containerd, inner));
      const nameAll = (all = names) => watched((inner) => nameImage(image, all, inner));
      const looking = content && image.id !== undefined
        ? missingParts(content, metadata, { target, containerd, context })
        : undefined;
      looking?.catch(() => {});
      if (await isThereNow()) {
        await nameAll();
        say(`${program} already has the image: nothing is sent`);
        throw done("the image was already there");
      }
      const parts = await looking;
      if (parts !== undefined) {
        report.leftOut?.(parts.left);
        if (await loadParts(parts)) throw done("the image has been loaded");
        report.leftOut?.(0);
      }
      return open(onProgress);

      function open(progress: OnProgress): OutputSink {
        // The image may have arrived though the engine's answer was lost.
        const arrived = () => isThere(image, containerd, context);
        const sink = loadSink(target, context, { onProgress: progress, arrived });
        return {
          ...sink,
          async close() {
            const answered = await sink.close();
            if (!answered || program !== "docker" && image.id !== undefined) await nameAll();
          },
        };
      }

      /**
       * False when the whole image has to be sent: the engine has lost a layer since, for example.
       */
      async function loadParts(parts: Parts): Promise<boolean> {
        // containerd's store takes any image, so it gets the names when it has all parts.
        const nameless = containerd && parts.names.length > 0;
        const problems: EngineProgress[] = [];
        const later: OnProgress = (progress) => {
          if (/^Error /.test(progress.text)) problems.push(progress);
          else onProgress(progress);
        };
        const sent = nameless ? { ...parts, names: [] } : parts;
        const lost = `${program} no longer has a layer of the image: everything is sent`;
        try {
          await sendParts(content!, sent, open(nameless ? later : onProgress));
        } catch (error) {
          context.signal.throwIfAborted();
          // An engine that is gone takes no tar, either.
          if (error instanceof OutputError && !(error.cause instanceof EngineError)) throw error;
          if (error instanceof OutputError) say(lost);
          return false;
        }
        if (!await isThereNow()) {
          say(lost);
          return false;
        }
        problems.forEach(onProgress);
        if (nameless) await nameAll(parts.names);
        return true;
      }
    },
    commit: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

/** Nothing needs to be sent (any more): the daemon takes that as success. */
function done(text: string): RpcError {
  return new RpcError(Code.ALREADY_EXISTS, text);
}
