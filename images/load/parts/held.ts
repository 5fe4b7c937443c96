/** Finds the layers of an image that an engine has already. */
import { takeTurns } from "../../../base/async.ts";
import { blobSize } from "../../../buildkit/content.ts";
import { clientOver } from "../../../buildkit/connect.ts";
import { askEngine, type EngineEndpoint } from "../../../transports/engine/docker_engine.ts";
import { dialInside } from "../../../transports/engine/grpc.ts";
import type { DialContext } from "../../../transports/transport.ts";
import type { Image } from "./image.ts";

/** So many images are looked at, and so many at once. Over ssh, each question is a login. */
const LIMITS = { images: 200, atOnce: 8 };
const SSH_LIMITS = { images: 10, atOnce: 2 };
/** So many blobs are asked for at once. */
const BLOBS_AT_ONCE = 64;

/**
 * The layers that an engine has, by the diff IDs of its images. An engine that keeps unpacked
 * layers knows a layer by its whole chain, from the lowest one.
 * @param diffIds the image's, from the lowest layer
 * @param names the image's: their present holders are asked first
 * @param isEnough ends the search: so many layers are there that the others don't matter
 * @param context its signal ends the search: the result is what was found until then
 * @returns the number of layers, from the lowest one, that are there
 */
export async function heldChain(
  engine: EngineEndpoint,
  diffIds: readonly string[],
  { names, isEnough }: {
    readonly names: readonly string[];
    readonly isEnough: (held: number) => boolean;
  },
  context: DialContext,
): Promise<number> {
  let held = 0;
  const look = async (image: string) => {
    if (held > 0 && isEnough(held) || context.signal.aborted) return;
    const path = `/images/${image}/json`;
    const answer = await askEngine(engine, { method: "GET", path }, context).catch(() => ({}));
    const { RootFS } = (answer ?? {}) as { RootFS?: { Layers?: unknown } };
    const layers = Array.isArray(RootFS?.Layers) ? RootFS.Layers : [];
    const first = diffIds.findIndex((id, at) => layers[at] !== id);
    held = Math.max(held, first < 0 ? diffIds.length : first);
  };
  const limits = engine.host.startsWith("ssh:") ? SSH_LIMITS : LIMITS;
  const next = takeTurns(limits.atOnce);
  await Promise.all(names.map((name) => next(() => look(name))));
  if (held > 0 && isEnough(held)) return held;
  const images = (await listImages(engine, context)).slice(0, limits.images);
  await Promise.all(images.map((id) => next(() => look(id))));
  return held;
}

/** The ids of the engine's images, the newest first. */
async function listImages(engine: EngineEndpoint, context: DialContext): Promise<string[]> {
  const request = { method: "GET", path: "/images/json" } as const;
  const list = await askEngine(engine, request, context).catch(() => []);
  if (!Array.isArray(list)) return [];
  const created = ({ Created }: { Created?: unknown }) => Number(Created) || 0;
  return list.sort((a, b) => created(b) - created(a))
    .flatMap(({ Id }) => /^[a-z0-9]+:[0-9a-f]{32,}$/.test(Id) ? [Id] : []);
}

/**
 * The layers that an engine has in its containerd store, by digest. The BuildKit inside the engine
 * answers for that store. Throws `DialError`, or `RpcError` for an engine that can't say it.
 */
export async function heldBlobs(
  engine: EngineEndpoint,
  { manifests }: Image,
  context: DialContext,
): Promise<ReadonlySet<string>> {
  const digests = new Set(manifests.flatMap(({ layers }) => layers.map(({ digest }) => digest)));
  const client = clientOver(await dialInside(engine, engine.host, context), engine.host);
  try {
    const { signal } = context;
    const held = new Set<string>();
    const next = takeTurns(BLOBS_AT_ONCE);
    await Promise.all(
      [...digests].map((digest) =>
        next(async () => {
          if (await blobSize(client, digest, { signal }) !== undefined) held.add(digest);
        })
      ),
    );
    return held;
  } finally {
    await client.close();
  }
}
