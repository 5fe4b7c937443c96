/** Makes one list of manifests of several images. */
import { normalizePlatform } from "../builders/platforms.ts";
import type { Descriptor } from "../buildkit/registry/descriptor.ts";
import { isIndex, isManifest, mediaTypes } from "../buildkit/registry/descriptor.ts";
import { sha256Of } from "../buildkit/registry/digest.ts";
import { goJson } from "../base/go/json.ts";
import { makeStruct } from "../base/go/template/struct.ts";
import { UsageError } from "../base/usage_error.ts";
import type { IndexAnnotation } from "./annotations.ts";
import { annotate } from "./annotations.ts";
import { platformOfDescriptor } from "./descriptor_platform.ts";
import type { Location } from "./location.ts";
import { indexStruct } from "./oci_structs.ts";
import type { Places } from "./places.ts";

/** An image, found. */
export interface Found {
  readonly location: Location;
  readonly descriptor: Descriptor;
}

/** An image that is to be pushed. */
export interface Combined {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
  /** Where each manifest of it comes from, by digest; undefined for one manifest that stays as it is. */
  readonly origins: ReadonlyMap<string, Location> | undefined;
}

/** One image found, and its manifest read. */
export interface Read extends Found {
  readonly bytes: Uint8Array;
}

/** Reads an image's manifest, and completes its platform. */
export async function readSource(places: Places, { location, descriptor }: Found): Promise<Read> {
  const reader = places.reader(location);
  const bytes = await reader.fetch(descriptor);
  if (descriptor.mediaType === mediaTypes.dockerSchema1) {
    throw new UsageError("schema1 manifests are not allowed in manifest lists");
  }
  const { os, architecture } = descriptor.platform ?? {};
  if (!isManifest(descriptor.mediaType) || (os && architecture)) {
    return { location, descriptor, bytes };
  }
  const { config } = parse(bytes) as { config: Descriptor };
  const told = normalizePlatform(platformOfDescriptor(parse(await reader.fetch(config))));
  const platform = {
    ...descriptor.platform,
    ...architecture
      ? { architecture }
      : { architecture: told.architecture, ...told.variant && { variant: told.variant } },
    ...descriptor.platform?.variant && { variant: descriptor.platform.variant },
    os: os || told.os,
  };
  return { location, descriptor: { ...descriptor, platform }, bytes };
}

/**
 * Joins images. One alone stays as it is when it is a list, or when no list is wanted.
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
      ? (parse(bytes) as { manifests?: Descriptor[] }).manifests ?? []
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

/** A list of manifests as Go writes it, and its descriptor. */
export async function writeIndex(index: object, mediaType: string) {
  const bytes = new TextEncoder().encode(goJson(makeStruct(indexStruct, index), 2));
  return { bytes, descriptor: { mediaType, digest: await sha256Of(bytes), size: bytes.length } };
}

export function parse(bytes: Uint8Array): object {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The same manifest, named twice: later platforms and annotations go before. */
function joined(before: Descriptor | undefined, part: Descriptor): Descriptor {
  if (before === undefined) return part;
  return {
    ...before,
    mediaType: before.mediaType || part.mediaType,
    ...part.platform && { platform: part.platform },
    annotations: { ...before.annotations, ...part.annotations },
  };
}
