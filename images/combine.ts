/** Joins several images into one index. */
import { normalizePlatform } from "../builders/platforms.ts";
import {
  type Descriptor,
  type DescriptorPlatform,
  isIndex,
  isManifest,
  mediaTypes,
} from "../buildkit/registry/descriptor.ts";
import { sha256Of } from "../buildkit/registry/digest.ts";
import { goJson } from "../base/go/json.ts";
import { makeStruct } from "../base/go/template/struct.ts";
import { UsageError } from "../base/usage_error.ts";
import { annotate, type IndexAnnotation } from "./annotations.ts";
import { platformOfDescriptor } from "./descriptor_platform.ts";
import { type Location, locationText } from "./location.ts";
import { indexStruct } from "./oci_structs.ts";
import { parseJson, parseManifest } from "../buildkit/registry/manifest.ts";
import type { Repositories } from "./repositories.ts";

/** An image in its repository. */
export interface Found {
  readonly location: Location;
  readonly descriptor: Descriptor;
}

/** An image before its push. */
export interface Combined {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
  /**
   * The location of each manifest, by digest; undefined for a single manifest that stays as it is.
   */
  readonly origins: ReadonlyMap<string, Location> | undefined;
}

/** An image in its repository, with the bytes of its manifest. */
export interface Read extends Found {
  readonly bytes: Uint8Array;
}

/** Reads an image's manifest, and completes its platform. */
export async function readSource(
  repositories: Repositories,
  { location, descriptor }: Found,
): Promise<Read> {
  const reader = repositories.reader(location);
  const shown = locationText(location);
  const bytes = await reader.fetch(descriptor);
  if (descriptor.mediaType === mediaTypes.dockerSchema1) {
    throw new UsageError("schema1 manifests are not allowed in manifest lists");
  }
  const { os, architecture } = descriptor.platform ?? {};
  if (!isManifest(descriptor.mediaType) || (os && architecture)) {
    return { location, descriptor, bytes };
  }
  const { config } = parseManifest(bytes, shown);
  const json = config === undefined ? {} : parseJson(await reader.fetch(config), config.digest);
  const own = normalizePlatform(platformOfDescriptor(json as Partial<DescriptorPlatform>));
  const platform = {
    ...descriptor.platform,
    ...architecture
      ? { architecture }
      : { architecture: own.architecture, ...own.variant && { variant: own.variant } },
    ...descriptor.platform?.variant && { variant: descriptor.platform.variant },
    os: os || own.os,
  };
  return { location, descriptor: { ...descriptor, platform }, bytes };
}

/**
 * Joins images. A single image stays unchanged if it is an index, or if no index is requested.
 * Throws `UsageError`.
 */
export async function combine(
  sources: readonly Read[],
  annotations: readonly IndexAnnotation[],
  preferIndex: boolean,
): Promise<Combined> {
  const [only] = sources;
  if (sources.length === 1 && only !== undefined && annotations.length === 0) {
    const { bytes, descriptor, location } = only;
    if (isIndex(descriptor.mediaType)) {
      return { bytes, descriptor, origins: new Map([[descriptor.digest, location]]) };
    }
    if (!preferIndex) return { bytes, descriptor, origins: undefined };
  }
  const origins = new Map<string, Location>();
  const manifests = new Map<string, Descriptor>();
  for (const { location, descriptor, bytes } of sources) {
    const parts = isIndex(descriptor.mediaType)
      ? parseManifest(bytes, locationText(location)).manifests
      : [descriptor];
    for (const part of parts) {
      manifests.set(part.digest, joined(manifests.get(part.digest), part));
      origins.set(part.digest, location);
    }
  }
  const docker = [...manifests.values()].every(({ mediaType }) =>
    mediaType.startsWith("application/vnd.docker.")
  );
  const mediaType = docker ? mediaTypes.dockerList : mediaTypes.ociIndex;
  const annotated = docker
    ? { manifests: [...manifests.values()], annotations: {} }
    : annotate([...manifests.values()], annotations);
  return { ...await writeIndex({ schemaVersion: 2, mediaType, ...annotated }, mediaType), origins };
}

/** Gives an index as Go writes it, and its descriptor. */
export async function writeIndex(index: object, mediaType: string) {
  const bytes = new TextEncoder().encode(goJson(makeStruct(indexStruct, index), 2));
  return { bytes, descriptor: { mediaType, digest: await sha256Of(bytes), size: bytes.length } };
}

/** Joins two descriptors of the same manifest; later platforms and annotations are preferred. */
function joined(before: Descriptor | undefined, part: Descriptor): Descriptor {
  if (before === undefined) return part;
  return {
    ...before,
    mediaType: before.mediaType || part.mediaType,
    ...part.platform && { platform: part.platform },
    annotations: { ...before.annotations, ...part.annotations },
  };
}
