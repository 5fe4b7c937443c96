import type { LocalVertexes } from "../progress/local.ts";
import { copier } from "./copy.ts";
import type { Filtered } from "./filter_platforms.ts";
import { type Location, locationName, locationText } from "./location.ts";
import type { Repositories } from "./repositories.ts";

/**
 * Pushes an image under its tags: to each repository first the manifests, then the index.
 * @param showsBytes the progress has the bytes of each blob, which buildx's lacks
 */
export async function publish(
  image: Filtered,
  tags: readonly Location[],
  repositories: Repositories,
  progress: LocalVertexes,
  showsBytes: boolean,
): Promise<void> {
  const byRepository = Map.groupBy(tags, locationName);
  const results = await Promise.allSettled(
    [...byRepository].map(([name, tags]) =>
      publishTo(name, tags, image, repositories, { progress, showsBytes })
    ),
  );
  const failed = results.find(({ status }) => status === "rejected");
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
}

async function publishTo(
  name: string,
  tags: readonly Location[],
  { bytes, descriptor, manifests }: Filtered,
  repositories: Repositories,
  { progress, showsBytes }: { readonly progress: LocalVertexes; readonly showsBytes: boolean },
): Promise<void> {
  const vertex = progress.start(`[internal] pushing ${name}`);
  const [seed] = tags as [Location];
  const copies = copier(
    repositories,
    seed,
    showsBytes
      ? ({ digest, size }, bytes) => {
        const part = `copying ${digest.slice(0, "sha256:".length + 12)}`;
        vertex.progress(part, bytes, size);
        if (bytes === size) vertex.complete(part);
      }
      : undefined,
  );
  try {
    await Promise.all(manifests.map(async ({ descriptor, from }) => {
      vertex.log(`copying ${descriptor.digest} from ${locationText(from)} to ${name}\n`);
      await copies.copy(descriptor, from).catch((error) => {
        const where = `from ${locationText(from)} to ${locationText(seed)}`;
        throw because(`copy ${descriptor.digest} ${where}`, error);
      });
    }));
    for (const tag of tags) {
      vertex.log(`pushing ${descriptor.digest} to ${locationText(tag)}\n`);
      await publishTag(repositories, tag, descriptor, bytes).catch((error) => {
        throw because(`publish ${descriptor.digest} to ${locationText(tag)}`, error);
      });
    }
    await repositories.listReferrers(seed, copies.referrers);
    vertex.done();
  } catch (error) {
    vertex.fail(error);
    throw error;
  }
}

async function publishTag(
  repositories: Repositories,
  location: Location,
  descriptor: Filtered["descriptor"],
  bytes: Uint8Array,
): Promise<void> {
  const { digest, tag } = location.ref;
  if (location.kind === "layout" && digest !== "" && digest !== descriptor.digest) {
    throw new Error(
      `target ${
        locationText(location)
      } requested digest ${digest} but produced ${descriptor.digest}`,
    );
  }
  const writer = repositories.writer(location);
  if (await writer.has(descriptor, tag)) return;
  await writer.putManifest(descriptor, bytes, tag);
}

function because(what: string, error: unknown): unknown {
  if (!(error instanceof Error) || error.name === "Interrupted") return error;
  return new Error(`${what}: ${error.message}`, { cause: error });
}
