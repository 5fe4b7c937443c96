import { formatPlatform, parsePlatform, type Platform } from "../../../builders/platforms.ts";
import type { Client } from "../../../buildkit/client.ts";
import { blobSize, wholeBlob } from "../../../buildkit/content.ts";
import { fieldsOf, integerOf, itemsOf, textOf } from "../../../base/json.ts";
import type {
  BuildHistoryRecord,
  BuildResultInfo,
  Descriptor,
} from "../../../proto/gen/control.ts";
import { maybe } from "../../../base/maybe.ts";

/** A blob that belongs to a record: an image's index or manifest, a provenance, an SBOM. */
export interface Attachment {
  readonly digest: string;
  /** A platform such as `linux/arm64/v8`; empty for an attachment without one. */
  readonly platform: string;
  /** The predicate's type of an attestation, else the media type. */
  readonly type: string;
}

const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/**
 * Lists the attachments of a record, by platform and type. An image is listed only as long as the
 * daemon's cache has it; attestations are always listed.
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
    for (const descriptor of Attestations) found.push(attachment(descriptor, platform));
    const open = [...Results.values()].map((descriptor) => ({ descriptor, platform }));
    for await (const one of walk(client, open, signal)) found.push(one);
  }
  const key = ({ platform, type }: Attachment) => `${platform}\0${type}`;
  return found.sort((a, b) => key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

/**
 * How many descriptors and indexes of a record are looked at: an index may list itself, or a
 * million.
 */
const MOST = { descriptors: 1000, indexes: 50 };

interface Found {
  readonly descriptor: Descriptor;
  readonly platform: string;
}

/** The descriptors that the daemon still has, and for each index those in it. */
async function* walk(
  client: Client,
  roots: readonly Found[],
  signal: AbortSignal,
): AsyncGenerator<Attachment> {
  const seen = new Set<string>();
  const open = roots.toReversed();
  let indexes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.size >= MOST.descriptors) return;
    const { descriptor, platform } = next;
    const key = `${descriptor.digest} ${platform}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (await blobSize(client, descriptor.digest, { signal }) === undefined) continue;
    const isAttestation =
      descriptor.annotations["vnd.docker.reference.type"] === "attestation-manifest";
    if (!isAttestation) yield attachment(descriptor, platform);
    if (!indexTypes.includes(descriptor.mediaType) || ++indexes > MOST.indexes) continue;
    const entries = await entriesOf(client, descriptor, signal);
    for (const entry of entries.slice(0, MOST.descriptors).toReversed()) {
      const own = entry.platform === undefined ? platform : formatPlatform(entry.platform);
      open.push({ descriptor: entry.descriptor, platform: own });
    }
  }
}

interface IndexEntry {
  readonly descriptor: Descriptor;
  readonly platform: Platform | undefined;
}

/** The entries of an index; none if it can't be read. */
async function entriesOf(
  client: Client,
  { digest }: Descriptor,
  signal: AbortSignal,
): Promise<IndexEntry[]> {
  const json = await wholeBlob(client, digest, { signal });
  const { manifests } = fieldsOf(maybe(() => JSON.parse(new TextDecoder().decode(json))));
  return itemsOf(manifests).map(entryOf);
}

function entryOf(json: unknown): IndexEntry {
  const { mediaType, digest, size, annotations, platform } = fieldsOf(json);
  const { os, architecture, variant } = fieldsOf(platform);
  return {
    descriptor: {
      mediaType: textOf(mediaType),
      digest: textOf(digest),
      size: BigInt(integerOf(size)),
      annotations: Object.fromEntries(
        Object.entries(fieldsOf(annotations)).map(([key, value]) => [key, textOf(value)]),
      ),
    },
    platform: platform === undefined ? undefined : {
      os: textOf(os),
      architecture: textOf(architecture),
      ...typeof variant === "string" && variant !== "" && { variant },
    },
  };
}

function attachment(descriptor: Descriptor, platform: string): Attachment {
  const { digest, mediaType, annotations } = descriptor;
  return { digest, platform, type: annotations["in-toto.io/predicate-type"] ?? mediaType };
}
