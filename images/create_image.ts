import type { Platform } from "../builders/platforms.ts";
import type { IndexAnnotation } from "./annotations.ts";
import { combine, readSource } from "./combine.ts";
import { type Filtered, filterPlatforms } from "./filter_platforms.ts";
import type { Repositories } from "./repositories.ts";
import { mergeDescriptor, type Source } from "./sources.ts";

/** Makes one image of several. Throws as `combine` and the repositories do. */
export async function createImage(
  sources: readonly Source[],
  { annotations = [], platforms = [], preferIndex = true }: {
    readonly annotations?: readonly IndexAnnotation[];
    /** The platforms to keep; all if the list is empty. */
    readonly platforms?: readonly Platform[];
    /** Whether a single image gets an index, too; the default is true. */
    readonly preferIndex?: boolean;
  },
  repositories: Repositories,
): Promise<Filtered> {
  const read = await Promise.all(sources.map(async ({ location, known }) => {
    const { tag, digest } = location.ref;
    // A known digest is preferred to the tag of the location.
    const reference = { tag, digest: known.digest ?? digest };
    const found = await repositories.reader(location).resolve(reference);
    const descriptor = mergeDescriptor(found, known);
    return await readSource(repositories, { location, descriptor });
  }));
  const combined = await combine(read, annotations, preferIndex);
  return await filterPlatforms(combined, platforms, repositories, sources[0]!.location);
}
