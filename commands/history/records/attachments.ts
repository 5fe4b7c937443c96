import { formatPlatform, parsePlatform } from "../../../builders/platforms.ts";
import type { Client } from "../../../buildkit/client.ts";
import { blobSize, wholeBlob } from "../../../buildkit/content.ts";
import { isIndex } from "../../../buildkit/registry/descriptor.ts";
import { parseManifest } from "../../../buildkit/registry/manifest.ts";
import { platformOfDescriptor } from "../../../images/descriptor_platform.ts";
import type { BuildHistoryRecord, BuildResultInfo } from "../../../proto/gen/control.ts";
import { maybe } from "../../../base/maybe.ts";

/** A blob that belongs to a record: an image's index or manifest, a provenance, an SBOM. */
export interface Attachment {
  readonly digest: string;
  /** A platform such as `linux/arm64/v8`; empty for an attachment without one. */
  readonly platform: string;
  /** The predicate's type of an attestation, else the media type. */
  readonly type: string;
}

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

/** The fields of a descriptor that are read here, in the daemon's messages and in an index. */
interface Listed {
  readonly digest: string;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Found {
  readonly descriptor: Listed;
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
      descriptor.annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
    if (!isAttestation) yield attachment(descriptor, platform);
    if (!isIndex(descriptor.mediaType) || ++indexes > MOST.indexes) continue;
    const bytes = await wholeBlob(client, descriptor.digest, { signal });
    // An index that can't be read has no entries.
    const entries = maybe(() => parseManifest(bytes, descriptor.digest))?.manifests ?? [];
    for (const entry of entries.slice(0, MOST.descriptors).toReversed()) {
      open.push({
        descriptor: entry,
        platform: entry.platform ? formatPlatform(platformOfDescriptor(entry.platform)) : platform,
      });
    }
  }
}

function attachment(descriptor: Listed, platform: string): Attachment {
  const { digest, mediaType, annotations } = descriptor;
  return { digest, platform, type: annotations?.["in-toto.io/predicate-type"] ?? mediaType };
}
