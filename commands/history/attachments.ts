import { formatPlatform, parsePlatform, type Platform } from "../../builders/platforms.ts";
import type { Client } from "../../buildkit/client.ts";
import { blobSize, wholeBlob } from "../../buildkit/content.ts";
import type { BuildHistoryRecord, BuildResultInfo, Descriptor } from "../../proto/gen/control.ts";

/** A blob that belongs to a record: an image's index or manifest, a provenance, an SBOM. */
export interface Attachment {
  readonly digest: string;
  /** As `linux/arm64/v8`; empty where it is of no platform. */
  readonly platform: string;
  /** The predicate's type of an attestation, else the media type. */
  readonly type: string;
}

const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/**
 * Everything that belongs to a record, by platform and type. An image is there only as long as the
 * daemon's cache has it; attestations always are.
 */
export async function attachmentsOf(
  client: Client,
  record: BuildHistoryRecord,
  signal: AbortSignal,
): Promise<Attachment[]> {
  const groups: [string, BuildResultInfo][] = [
    ...record.Result === undefined ? [] : [["", record.Result] as [string, BuildResultInfo]],
    ...Object.entries(record.Results).map(([platform, result]): [string, BuildResultInfo] => [
      formatPlatform(parsePlatform(platform)),
      result,
    ]),
  ];
  const found: Attachment[] = [];
  for (const [platform, { Attestations, Results }] of groups) {
    found.push(...Attestations.map((descriptor) => attachment(descriptor, platform)));
    for (const descriptor of Results.values()) {
      found.push(...await walk(client, descriptor, platform, signal));
    }
  }
  const key = ({ platform, type }: Attachment) => `${platform}\0${type}`;
  return found.sort((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

/** A descriptor, and for an index those in it. */
async function walk(
  client: Client,
  descriptor: Descriptor,
  platform: string,
  signal: AbortSignal,
): Promise<Attachment[]> {
  if (await blobSize(client, descriptor.digest, { signal }) === undefined) return [];
  const isAttestation =
    descriptor.annotations["vnd.docker.reference.type"] === "attestation-manifest";
  const found = isAttestation ? [] : [attachment(descriptor, platform)];
  if (!indexTypes.includes(descriptor.mediaType)) return found;
  for (const entry of await entriesOf(client, descriptor, signal)) {
    const own = entry.platform === undefined ? platform : formatPlatform(entry.platform);
    found.push(...await walk(client, entry.descriptor, own, signal));
  }
  return found;
}

interface IndexEntry {
  readonly descriptor: Descriptor;
  readonly platform: Platform | undefined;
}

/** What an index lists; nothing of one that can't be read. */
async function entriesOf(
  client: Client,
  { digest }: Descriptor,
  signal: AbortSignal,
): Promise<IndexEntry[]> {
  const json = await wholeBlob(client, digest, { signal });
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder().decode(json));
  } catch {
    return [];
  }
  const { manifests } = fields(index);
  return Array.isArray(manifests) ? manifests.map(entryOf) : [];
}

function entryOf(json: unknown): IndexEntry {
  const { mediaType, digest, size, annotations, platform } = fields(json);
  const { os, architecture, variant } = fields(platform);
  return {
    descriptor: {
      mediaType: String(mediaType ?? ""),
      digest: String(digest ?? ""),
      size: BigInt(Number(size ?? 0)),
      annotations: fields(annotations) as Record<string, string>,
    },
    platform: platform === undefined ? undefined : {
      os: String(os ?? ""),
      architecture: String(architecture ?? ""),
      ...typeof variant === "string" && variant !== "" && { variant },
    },
  };
}

function attachment(descriptor: Descriptor, platform: string): Attachment {
  const { digest, mediaType, annotations } = descriptor;
  return { digest, platform, type: annotations["in-toto.io/predicate-type"] ?? mediaType };
}

/** A JSON object's fields; none of what is no object. */
export function fields(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? json as Record<string, unknown> : {};
}
