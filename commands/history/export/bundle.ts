/**
 * A `.dockerbuild` bundle, which Docker Desktop imports: a gzipped tar in the OCI image layout. A
 * record is a manifest whose config is the record as JSON, and whose layers are the blobs that the
 * record refers to: trace, log, error, provenance. Several records are an index of manifests.
 */
import { byKey } from "../../../base/by_key.ts";
import { blobSize, blobStream, wholeBlob } from "../../../buildkit/content.ts";
import type { Client } from "../../../buildkit/client.ts";
import type {
  BuildHistoryRecord,
  BuildResultInfo,
  Descriptor,
} from "../../../proto/gen/control.ts";
import { goJson } from "../../../base/go/json.ts";
import { type RecordExtras, recordJson } from "./record_json.ts";
import { sanitizedTrace } from "./sanitize.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../base/tar.ts";
import {
  type Descriptor as OciDescriptor,
  mediaTypes,
} from "../../../buildkit/registry/descriptor.ts";
import { sha256Of } from "../../../buildkit/registry/digest.ts";

/** A record, and all that goes into the bundle with it. */
export interface BundleRecord extends RecordExtras {
  readonly client: Client;
  readonly record: BuildHistoryRecord;
}

export interface BundleOptions {
  readonly signal: AbortSignal;
  /** Called for each part that is missing from the bundle. */
  readonly warn: (text: string) => void;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Blobs by digest: their bytes, or the daemon that has them. */
type Blobs = Map<string, { readonly size: number; readonly from: Bytes | Client }>;

const RECORD = "application/vnd.buildkit.historyrecord.v0";

/** The bundle's bytes, piece by piece. Rejects with the daemon's error for a missing blob. */
export async function* bundle(
  records: readonly BundleRecord[],
  options: BundleOptions,
): AsyncGenerator<Bytes> {
  const blobs: Blobs = new Map();
  const top = await topOf(records, blobs, options);
  const layout = json({ imageLayoutVersion: "1.0.0" });
  const index = json({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [top] });
  yield* folder("blobs/");
  yield* folder("blobs/sha256/");
  for (const [digest, { size, from }] of [...blobs].sort(byKey)) {
    yield tarHeader({ name: `blobs/${digest.replace(":", "/")}`, mode: 0o444, size });
    if (from instanceof Uint8Array) yield from;
    else yield* pull(from, digest, size, options.signal);
    yield tarPadding(size);
  }
  yield* file("index.json", 0o644, index);
  yield* file("oci-layout", 0o444, layout);
  yield tarEnd();
}

async function topOf(
  records: readonly BundleRecord[],
  blobs: Blobs,
  options: BundleOptions,
): Promise<OciDescriptor> {
  const manifests: OciDescriptor[] = [];
  for (const bundled of records) manifests.push(await manifestOf(bundled, blobs, options));
  if (manifests.length === 1) return manifests[0]!;
  return await addJson(blobs, mediaTypes.ociIndex, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: manifests.map((manifest, i) => ({
      ...manifest,
      annotations: { "vnd.buildkit.history.reference": records[i]!.record.Ref },
    })),
  });
}

async function manifestOf(
  bundled: BundleRecord,
  blobs: Blobs,
  options: BundleOptions,
): Promise<OciDescriptor> {
  const { client, record } = bundled;
  const layers: OciDescriptor[] = [];
  let { trace } = record;
  if (trace !== undefined) {
    const cleaned = sanitizedTrace(await wholeBlob(client, trace.digest, options));
    const entry = await addBytes(blobs, trace.mediaType, cleaned);
    trace = { ...trace, digest: entry.digest, size: BigInt(entry.size) };
    layers.push(entry);
  }
  const whole = { ...record, trace };
  const config = await addJson(blobs, RECORD, recordJson(whole, bundled));
  const seen = new Set<string>();
  const add = async (descriptor: Descriptor | undefined, isResult = false) => {
    if (descriptor === undefined || seen.has(descriptor.digest)) return;
    seen.add(descriptor.digest);
    const entry = await addRemote(blobs, client, descriptor, isResult, options);
    if (entry !== undefined) layers.push(entry);
    else if (isResult) options.warn(`${record.Ref}: its image is gone from the daemon's cache`);
    else throw new Error(`cannot export ${record.Ref}: the daemon lacks ${descriptor.digest}`);
  };
  const addResult = async ({ Attestations, Results }: BuildResultInfo) => {
    for (const descriptor of Attestations) await add(descriptor);
    for (const descriptor of Results.values()) await add(descriptor, true);
  };
  await add(record.logs);
  if (record.Result !== undefined) await addResult(record.Result);
  await add(record.externalError);
  for (const [, result] of Object.entries(record.Results).sort()) await addResult(result);
  return await addJson(blobs, mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers,
  });
}

/** The size of a tar's member has eleven octal digits. */
const LARGEST = 8 ** 11 - 1;

/** Undefined where the daemon doesn't have it. */
async function addRemote(
  blobs: Blobs,
  client: Client,
  descriptor: Descriptor,
  isResult: boolean,
  { signal }: BundleOptions,
): Promise<OciDescriptor | undefined> {
  const { digest, mediaType, annotations } = descriptor;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const size = await blobSize(client, digest, { signal });
  if (size === undefined) return undefined;
  if (size < 0 || size > LARGEST) {
    throw new Error(`cannot export ${digest}: a bundle has no room for ${size} bytes`);
  }
  if (!blobs.has(digest)) blobs.set(digest, { size, from: client });
  // With its own type, an image would make importers look for its layers, which the bundle lacks.
  const notes = isResult
    ? { ...annotations, "vnd.export-build.descriptor.mediatype": mediaType }
    : annotations;
  return {
    mediaType: isResult ? "application/json" : mediaType,
    digest,
    size,
    ...Object.keys(notes).length > 0 && { annotations: notes },
  };
}

async function addJson(blobs: Blobs, mediaType: string, value: unknown): Promise<OciDescriptor> {
  return await addBytes(blobs, mediaType, new TextEncoder().encode(goJson(value, 2)));
}

async function addBytes(blobs: Blobs, mediaType: string, bytes: Bytes): Promise<OciDescriptor> {
  const digest = await sha256Of(bytes);
  blobs.set(digest, { size: bytes.length, from: bytes });
  return { mediaType, digest, size: bytes.length };
}

/** A blob of the daemon. Throws for one of another size. */
async function* pull(
  client: Client,
  digest: string,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Bytes> {
  let count = 0;
  for await (const bytes of blobStream(client, digest, { signal, most: LARGEST })) {
    count += bytes.length;
    if (count > size) throw new Error(`cannot export ${digest}: it has more than ${size} bytes`);
    yield bytes;
  }
  if (count < size) {
    throw new Error(`cannot export ${digest}: it has ${count} bytes, not ${size}`);
  }
}

function* file(name: string, mode: number, bytes: Bytes): Generator<Bytes> {
  yield tarHeader({ name, mode, size: bytes.length });
  yield bytes;
  yield tarPadding(bytes.length);
}

function* folder(name: string): Generator<Bytes> {
  yield tarHeader({ name, mode: 0o755, size: 0 });
}

function json(value: unknown): Bytes {
  return new TextEncoder().encode(goJson(value));
}
