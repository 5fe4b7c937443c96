/**
 * Loads an image without the layers that the engine has. The daemon hands out a whole tar only, but
 * its content API hands out single blobs. So this side makes an archive of the other blobs, and the
 * daemon's tar is refused afterwards with AlreadyExists, which is a success.
 */
import { withTimeout } from "../../../base/async.ts";
import { askEngine } from "../../../transports/engine/docker_engine.ts";
import type { DialContext } from "../../../transports/transport.ts";
import type { OutputSink } from "../../../buildkit/session/output_sink.ts";
import type { LoadTarget } from "../image_load.ts";
import { blobsOf, writeArchive } from "./archive.ts";
import { heldBlobs, heldChain } from "./held.ts";
import { type DaemonContent, type Image, readDiffIds, readImage } from "./image.ts";
import type { Descriptor } from "../../../buildkit/registry/descriptor.ts";

/**
 * Fewer bytes are not worth it: the daemon sends the tar's first 4 MiB before it learns that they
 * are not wanted.
 */
const LEAST = 8 << 20;
/** How long an engine is asked for its layers, in milliseconds. */
const PATIENCE = 2000;

/** An image without the layers that the engine has. */
export interface Parts {
  readonly image: Image;
  readonly blobs: readonly Descriptor[];
  /** Full names, which the image gets. */
  readonly names: readonly string[];
  /** Bytes that the engine has. */
  readonly left: number;
}

/**
 * Finds the parts of an image that an engine lacks. Rejects only with the signal's reason.
 * @param metadata the exporter's message before the image
 * @returns undefined when the image has to be sent as the daemon sends it
 */
export async function missingParts(
  content: DaemonContent,
  metadata: Readonly<Record<string, string>>,
  { target, containerd, context }: {
    readonly target: LoadTarget;
    readonly containerd: boolean;
    readonly context: DialContext;
  },
): Promise<Parts | undefined> {
  try {
    const names = (metadata["image.name"] ?? "").split(",").filter((name) => name !== "");
    if (names.some((name) => !/^[\w./:-]+$/.test(name))) return undefined;
    const image = await readImage(content, metadata);
    if (image === undefined || sizeOf(image, () => true) < LEAST) return undefined;
    const signal = withTimeout(context.signal, PATIENCE);
    const asking = { ...context, signal };
    const held = containerd
      ? await heldInContainerd(target, image, asking)
      : await heldLayers(content, target, image, names, asking);
    const left = sizeOf(image, ({ digest }) => held.has(digest));
    const blobs = blobsOf(image, held);
    return left < LEAST || blobs === undefined ? undefined : { image, blobs, names, left };
  } catch {
    // A daemon without a content API, or an engine that doesn't answer: the usual way shows the
    // error.
    context.signal.throwIfAborted();
    return undefined;
  }
}

/** The size of an image's layers, each counted once. */
function sizeOf({ manifests }: Image, counts: (layer: Descriptor) => boolean): number {
  const layers = new Map(manifests.flatMap(({ layers }) => layers.map((one) => [one.digest, one])));
  return [...layers.values()].filter(counts).reduce((sum, { size }) => sum + size, 0);
}

/** A layer counts as there only if it is there in every place that the image has it. */
async function heldLayers(
  content: DaemonContent,
  { endpoint }: LoadTarget,
  { manifests: [manifest, ...others] }: Image,
  names: readonly string[],
  context: DialContext,
): Promise<ReadonlySet<string>> {
  if (manifest === undefined || others.length > 0) return new Set();
  const diffIds = await readDiffIds(content, manifest);
  if (diffIds === undefined) return new Set();
  const { layers } = manifest;
  const isEnough = (held: number) =>
    layers.slice(held).reduce((sum, { size }) => sum + size, 0) < LEAST;
  const held = await heldChain(endpoint, diffIds, { names, isEnough }, context);
  const digests = layers.map(({ digest }) => digest);
  const above = new Set(digests.slice(held));
  return new Set(digests.filter((digest) => !above.has(digest)));
}

/** Engines before 28 (API 1.48) couldn't be asked afterwards whether the image is whole. */
async function heldInContainerd(
  { endpoint }: LoadTarget,
  image: Image,
  context: DialContext,
): Promise<ReadonlySet<string>> {
  const version = await askEngine(endpoint, { method: "GET", path: "/version" }, context);
  const { ApiVersion } = (version ?? {}) as { ApiVersion?: unknown };
  const [major = 0, minor = 0] = String(ApiVersion).split(".").map(Number);
  if (major < 1 || major === 1 && !(minor >= 48)) return new Set();
  return await heldBlobs(endpoint, image, context);
}

/** Sends the parts. Rejects with the sink's error, or that of the daemon's content. */
export async function sendParts(
  content: DaemonContent,
  { image, blobs, names }: Parts,
  sink: OutputSink,
): Promise<void> {
  try {
    await writeArchive(image, blobs, names, { content, write: (bytes) => sink.write(bytes) });
    await sink.close();
  } catch (error) {
    await sink.abort(error);
    throw error;
  }
}
