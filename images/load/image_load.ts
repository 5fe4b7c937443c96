/**
 * `--load`: streams the image from the daemon into a Docker engine or podman by `POST
 * /images/load`. An image that the engine already has is only named: the daemon sends the digest
 * before the first byte, and takes AlreadyExists for success. Layers that the engine has are left
 * out (`parts/`).
 */
import type { ByteOutput } from "../../buildkit/session/output_sink.ts";
import { askEngine, type EngineEndpoint } from "../../transports/engine/docker_engine.ts";
import { withTimeout } from "../../base/async.ts";
import type { DialContext } from "../../transports/transport.ts";
import { BuilderError } from "../../builders/builder_error.ts";
import type { EngineProgress } from "../../transports/engine/progress.ts";
import { imageOutput } from "./image_output.ts";
import type { DaemonContent } from "./parts/image.ts";

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

/** Receives reports about a load. */
export interface LoadReport {
  progress(progress: EngineProgress): void;
  /** So many bytes are not sent, because the engine has them. */
  leftOut?(bytes: number): void;
}

/** How long an engine may take to answer `GET /info`, in milliseconds. */
const PATIENCE = 15_000;

/**
 * Asks the engine for its kind before the build begins, so that an engine that can't be reached is
 * reported early. Throws `BuilderError`, or the signal's reason.
 */
export async function openImageLoader(
  target: LoadTarget,
  context: DialContext,
): Promise<ImageLoader> {
  const { endpoint, program, hint } = target;
  const signal = withTimeout(context.signal, PATIENCE);
  let info: unknown;
  try {
    info = await askEngine(endpoint, { method: "GET", path: "/info" }, { ...context, signal });
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = signal.aborted
      ? `the engine at ${endpoint.host} did not answer within ${PATIENCE / 1000} s`
      : (error as Error).message;
    throw new BuilderError(`cannot load the image into ${program}: ${reason}`, {
      hint: `${hint}; an image file needs no engine: --output type=docker,dest=FILE`,
      cause: error,
    });
  }
  const containerd = isContainerd(info);
  return {
    program,
    containerd,
    output: (names, report, content) =>
      imageOutput({ target, containerd, context }, { names, report, content }),
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
