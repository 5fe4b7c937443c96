import { dockerEndpoint } from "../../transports/engine/docker_context.ts";
import {
  type ImageLoader,
  loadExporter,
  type LoadTarget,
  openImageLoader,
} from "../../images/load/image_load.ts";
import type { ImageStore } from "../../images/load/containerd/load.ts";
import { Code, RpcError } from "../../buildkit/grpc/status.ts";
import { NO_ENGINE } from "../../transports/engine/choice.ts";
import { podmanHost } from "../../transports/engine/podman_host.ts";
import type { ByteOutput } from "../../buildkit/session/output_sink.ts";
import type { DialContext, Env } from "../../transports/transport.ts";
import { type Output, socketPath } from "../spec/output.ts";
import type { LocalVertex, LocalVertexes } from "../../progress/local.ts";
import type { DaemonContent } from "../../images/load/parts/image.ts";
import { formatBytes } from "../../base/units.ts";

/** An output, with the engine that loads it where there is one. */
export interface EngineOutput extends Output {
  readonly loader?: ImageLoader;
  /** The image's names there. */
  readonly names?: readonly string[];
  /** containerd's store, which the daemon writes the image's blobs to. */
  readonly store?: ImageStore;
  /** Names that the engine pushes when the build is over. */
  readonly pushedAfter?: readonly string[];
}

/**
 * Asks the Docker engines that outputs go to for their traits, and gives those outputs a suitable
 * exporter. Throws `BuilderError` for one that can't be reached.
 * @param index as `loadExporter` has it
 */
export async function openEngines(
  outputs: readonly EngineOutput[],
  index: boolean,
  env: Env,
  context: DialContext,
): Promise<EngineOutput[]> {
  return await Promise.all(outputs.map(async (output) => {
    const { target } = output;
    if (target.to === "containerd") {
      return { ...output, store: await openStore(target, env, context) };
    }
    if (target.to !== "engine") return output;
    const loader = await openImageLoader(await loadTarget(target, env), context);
    const names = output.attrs["name"]?.split(",") ?? [];
    return { ...output, ...loadExporter(loader, output.attrs, index), loader, names };
  }));
}

/** containerd at the output's socket and namespace, or where `ctr` and `nerdctl` look. */
async function openStore(
  { socket, namespace }: Extract<Output["target"], { to: "containerd" }>,
  env: Env,
  context: DialContext,
): Promise<ImageStore> {
  const { openContainerd } = await import("../../images/load/containerd/load.ts");
  return await openContainerd({
    socket: socketPath(socket || env("CONTAINERD_ADDRESS")) || "/run/containerd/containerd.sock",
    namespace: namespace || env("CONTAINERD_NAMESPACE") || "default",
  }, context);
}

async function loadTarget(
  { program, context, socket }: Extract<Output["target"], { to: "engine" }>,
  env: Env,
): Promise<LoadTarget> {
  if (program === "docker") {
    const endpoint = await dockerEndpoint(env, context);
    return { program, endpoint, hint: NO_ENGINE };
  }
  if (socket) {
    return {
      program,
      endpoint: { host: `unix://${socketPath(socket)}` },
      hint: "start podman's service there",
    };
  }
  const { host, hint } = podmanHost(env);
  return { program, endpoint: { host }, hint };
}

/**
 * Sends the image to the engine. The progress shows that as a step.
 * @param content the daemon's blobs; without it, the engine gets the whole image
 */
export function engineOutput(
  loader: ImageLoader,
  names: readonly string[],
  vertexes: LocalVertexes,
  content: DaemonContent | undefined,
): ByteOutput {
  let vertex: LocalVertex | undefined;
  const output = loader.output(names, {
    progress({ id, text, current, total }) {
      if (id === "") vertex?.log(`${text}\n`);
      else vertex?.progress(`loading layer ${id}`, current ?? 0, total);
    },
    leftOut(bytes) {
      vertex?.remark(bytes > 0 ? `${formatBytes(bytes)} already there` : "");
    },
  }, content);
  return {
    async open(metadata) {
      vertex = vertexes.start(`importing to ${loader.program}`);
      try {
        const sink = await output.open(metadata);
        return {
          write: (bytes) => sink.write(bytes),
          async close() {
            await sink.close();
            vertex?.done();
          },
          async abort(reason) {
            await sink.abort(reason);
            vertex?.fail(reason);
          },
        };
      } catch (error) {
        if (error instanceof RpcError && error.code === Code.ALREADY_EXISTS) vertex.done();
        else vertex.fail(error);
        throw error;
      }
    },
    commit: () => output.commit(),
    discard: () => output.discard(),
  };
}
