/** Selects platforms of an image, with their attestations. */
import { formatPlatform, normalizePlatform, type Platform } from "../builders/platforms.ts";
import { type Descriptor, isIndex } from "../buildkit/registry/descriptor.ts";
import { parseManifest } from "../buildkit/registry/manifest.ts";
import { type Combined, writeIndex } from "./combine.ts";
import { platformOfDescriptor } from "./descriptor_platform.ts";
import { type Location, locationText } from "./location.ts";
import type { Repositories } from "./repositories.ts";

/** An image before its push, and the manifests that are copied for it. */
export interface Filtered {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
  readonly manifests: readonly { readonly descriptor: Descriptor; readonly from: Location }[];
}

const TYPE = "vnd.docker.reference.type", SUBJECT = "vnd.docker.reference.digest";
const ATTESTATION = "attestation-manifest";
const ARTIFACT = "application/vnd.docker.attestation.manifest.v1+json";

/**
 * @param wanted the platforms; all when there are none. Throws an Error when no manifest is left.
 */
export async function filterPlatforms(
  combined: Combined,
  wanted: readonly Platform[],
  repositories: Repositories,
  first: Location,
): Promise<Filtered> {
  const { bytes, descriptor, origins } = combined;
  const keys = new Set(wanted.map((platform) => formatPlatform(normalizePlatform(platform))));
  const matches = ({ platform }: Descriptor) => {
    const key = formatPlatform(normalizePlatform(platformOfDescriptor(platform ?? {})));
    return platform === undefined || keys.size === 0 || keys.has(key);
  };
  if (origins === undefined || !isIndex(descriptor.mediaType)) {
    if (descriptor.platform === undefined) {
      throw new Error("cannot filter platforms from a manifest without platform information");
    }
    if (!matches(descriptor)) {
      const platform = formatPlatform(platformOfDescriptor(descriptor.platform));
      throw new Error(`input platform ${platform} does not match any of the provided platforms`);
    }
    return { bytes, descriptor, manifests: [{ descriptor, from: first }] };
  }
  const index = parseManifest(bytes, locationText(first));
  const all = index.manifests;
  const originOf = (digest: string) =>
    origins.get(digest) ?? origins.get(descriptor.digest) ?? first;
  const attested = attestedManifests(all);
  const kept = all.filter((each) => {
    const subject = attested.get(each.digest);
    return matches(each) || (subject !== undefined && matches(subject));
  });
  if (kept.length === 0) throw new Error("none of the manifests match the provided platforms");
  const added: Descriptor[] = [];
  const hasAttestation = new Set([...attested.values()].map(({ digest }) => digest));
  for (const each of kept) {
    if (attested.has(each.digest) || hasAttestation.has(each.digest)) continue;
    const from = originOf(each.digest);
    const found = await attestationOf(each, repositories, from);
    if (found !== undefined) added.push(found);
  }
  const manifests = kept.map((each) => ({ descriptor: each, from: originOf(each.digest) }));
  if (kept.length === all.length && added.length === 0) return { bytes, descriptor, manifests };
  const { annotations } = descriptor;
  const written = await writeIndex(
    { ...index, manifests: [...kept, ...added] },
    descriptor.mediaType,
  );
  return {
    bytes: written.bytes,
    descriptor: { ...written.descriptor, ...annotations && { annotations } },
    manifests,
  };
}

/** The attestations of an index by digest, each with its subject. */
function attestedManifests(all: readonly Descriptor[]): ReadonlyMap<string, Descriptor> {
  const byDigest = new Map(all.map((each) => [each.digest, each]));
  const attested = new Map<string, Descriptor>();
  for (const { digest, annotations } of all) {
    if (annotations?.[TYPE] !== ATTESTATION) continue;
    const subject = byDigest.get(annotations[SUBJECT] ?? "");
    if (subject !== undefined) attested.set(digest, subject);
  }
  return attested;
}

/** An attestation outside the index that refers to a manifest in it; in the form of an entry. */
async function attestationOf(
  { digest }: Descriptor,
  repositories: Repositories,
  from: Location,
): Promise<Descriptor | undefined> {
  const referrers = await repositories.reader(from).referrers(digest);
  const found = referrers.find(({ artifactType }) => artifactType === ARTIFACT);
  if (found === undefined) return undefined;
  const { artifactType: _, ...rest } = found;
  return {
    ...rest,
    annotations: { ...found.annotations, [TYPE]: ATTESTATION, [SUBJECT]: digest },
    platform: { os: "unknown", architecture: "unknown" },
  };
}
