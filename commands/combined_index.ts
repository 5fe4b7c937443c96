/**
 * One index of several images, as buildx puts it together: `imagetools create`, and builds on several
 * nodes. The bytes are the same, so that the digest is.
 */
import {
  type Descriptor,
  type DescriptorPlatform,
  isIndex,
  mediaTypes,
} from "../buildkit/registry/descriptor.ts";
import { sha256Of } from "../buildkit/registry/digest.ts";
import { goJson } from "./go_json.ts";

/** An image, or an index of images. */
export interface Source {
  readonly descriptor: Descriptor;
  /** The manifest. */
  readonly bytes: Uint8Array;
}

/** What is to be said of the index and, by its manifests' descriptors, of the images in it. */
export interface IndexAnnotations {
  readonly index: Readonly<Record<string, string>>;
  readonly descriptors: readonly {
    /** Only of images for this platform, like `linux/arm64`; of all without it. */
    readonly platform?: string | undefined;
    readonly key: string;
    readonly value: string;
  }[];
}

/** Joins them, in their order; what is in several is in the result once, with the annotations of all. */
export async function combinedIndex(
  sources: readonly Source[],
  annotations: IndexAnnotations = { index: {}, descriptors: [] },
): Promise<Source> {
  const byDigest = new Map<string, Descriptor>();
  for (const { descriptor, bytes } of sources) {
    const members = isIndex(descriptor.mediaType) ? manifestsOf(bytes) : [descriptor];
    for (const member of members) {
      const before = byDigest.get(member.digest);
      byDigest.set(member.digest, before ? merged(before, member) : member);
    }
  }
  const manifests = [...byDigest.values()];
  const docker = manifests.every(({ mediaType }) =>
    mediaType.startsWith("application/vnd.docker.")
  );
  const mediaType = docker ? mediaTypes.dockerList : mediaTypes.ociIndex;
  // A docker list has no place for annotations.
  const own = docker ? {} : annotations.index;
  const told = docker ? manifests : manifests.map((one) => annotated(one, annotations));
  const text = goJson({
    schemaVersion: 2,
    mediaType,
    manifests: told.map(descriptorJson),
    ...Object.keys(own).length > 0 && { annotations: sorted(own) },
  }, 2);
  const bytes = new TextEncoder().encode(text);
  return { descriptor: { mediaType, digest: await sha256Of(bytes), size: bytes.length }, bytes };
}

/** @param bytes an index */
function manifestsOf(bytes: Uint8Array): readonly Descriptor[] {
  const { manifests } = JSON.parse(new TextDecoder().decode(bytes));
  return Array.isArray(manifests) ? manifests : [];
}

function merged(before: Descriptor, { platform, annotations }: Descriptor): Descriptor {
  const both = { ...before.annotations, ...annotations };
  return {
    ...before,
    ...platform && { platform },
    ...Object.keys(both).length > 0 && { annotations: both },
  };
}

function annotated(manifest: Descriptor, { descriptors }: IndexAnnotations): Descriptor {
  const platform = manifest.platform && platformText(manifest.platform);
  const told = descriptors.filter((one) => one.platform === undefined || one.platform === platform);
  if (told.length === 0) return manifest;
  const more = Object.fromEntries(told.map(({ key, value }) => [key, value]));
  return { ...manifest, annotations: { ...manifest.annotations, ...more } };
}

function platformText({ os, architecture, variant }: DescriptorPlatform): string {
  return [os, architecture, variant].filter((part) => part).join("/");
}

/** With its fields in the order of Go's struct; others that it may have are not handed on. */
function descriptorJson(descriptor: Descriptor): object {
  const { mediaType, digest, size, urls, annotations, data, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...urls?.length && { urls },
    ...annotations && Object.keys(annotations).length > 0 && { annotations: sorted(annotations) },
    ...data && { data },
    ...platform && { platform: platformJson(platform) },
    ...artifactType && { artifactType },
  };
}

function platformJson(platform: DescriptorPlatform): object {
  const { architecture, os, variant, "os.version": version, "os.features": features } = platform;
  return {
    architecture,
    os,
    ...version && { "os.version": version },
    ...features?.length && { "os.features": features },
    ...variant && { variant },
  };
}

/** In the order in which Go writes a map's keys. */
function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => a < b ? -1 : 1));
}
