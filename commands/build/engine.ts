import { dockerEndpoint } from "../../builders/docker_context.ts";
import { type ImageLoader, loadExporter, openImageLoader } from "../../builders/image_load.ts";
import type { ByteOutput } from "../../buildkit/session/output_sink.ts";
import type { DialContext } from "../../transports/transport.ts";
import type { Env } from "../../transports/transport.ts";
import type { Output } from "../flags/output.ts";
import type { LocalVertexes } from "../progress/local.ts";

/** An output with the engine that takes it, where one does. */
export interface EngineOutput extends Output {
  readonly loader?: ImageLoader;
  /** Names that the engine pushes when the build is over. */
  readonly pushedAfter?: readonly string[];
}

/**
 * Asks the Docker engines that outputs go to what they are, and gives those outputs the exporter
 * that suits. Throws `BuilderError` for one that can't be reached.
 * @param index whether the result has several manifests
 */
export async function openEngines(
  outputs: readonly Output[],
  index: boolean,
  env: Env,
  context: DialContext,
): Promise<EngineOutput[]> {
  return await Promise.all(outputs.map(async (output) => {
    if (output.target.to !== "engine") return output;
    const loader = await openImageLoader(await dockerEndpoint(env, output.target.context), context);
    const { context: _, ...attrs } = output.attrs;
    return { ...output, ...loadExporter(loader, attrs, index), loader };
  }));
}

/** Takes the image's tar into the engine, shown as a step of the build. */
export function engineOutput(loader: ImageLoader, vertexes: LocalVertexes): ByteOutput {
  let vertex: ReturnType<LocalVertexes["start"]> | undefined;
  const output = loader.output(({ id, text, current, total }) => {
    if (id === "") vertex?.log(`${text}\n`);
    else vertex?.progress(`${text} ${id}`, current ?? 0, total);
  });
  return {
    async open(metadata) {
      vertex = vertexes.start("importing to docker");
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
        vertex.fail(error);
        throw error;
      }
    },
    commit: () => output.commit(),
    discard: () => output.discard(),
  };
}
