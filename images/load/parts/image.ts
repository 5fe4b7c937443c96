/**
 * The image that the daemon is about to send, read from its documents: index, manifests and
 * configurations. The daemon's content API serves them, and the exporter's lease keeps them for
 * that time (BuildKit 0.11 and newer).
 */
import { digestProblem, sha256Of } from "../../../buildkit/registry/digest.ts";
import {
  type Descriptor,
  exportedDescriptor,
  isIndex,
} from "../../../buildkit/registry/descriptor.ts";

/** Hands out the daemon's blobs. */
export interface DaemonContent {
  /**
   * Reads a blob from its beginning to its end. The bytes are valid until `onChunk` returns, and
   * the next ones come when its promise settles. Rejects with `RpcError`.
   */
  read(digest: string, onChunk: (bytes: Uint8Array) => void | Promise<void>): Promise<void>;
}

export interface Manifest {
  readonly config: Descriptor;
  /** From the lowest. A layer may occur more than once. */
  readonly layers: readonly Descriptor[];
}

/** An image, or an index of several, without its layers. */
export interface Image {
  readonly root: Descriptor;
  readonly manifests: readonly Manifest[];
  /** Manifests and indexes by digest, each verified. */
  readonly documents: ReadonlyMap<string, Uint8Array>;
}

/** The documents of one image may have so many bytes together. */
const LONGEST = 16 << 20;

/**
 * Reads an image's manifests.
 * @param metadata the exporter's message before the image
 * @returns undefined for an image that has to be sent as it comes: one without a descriptor, with
 *   foreign layers, or of an unusual kind
 */
export async function readImage(
  content: DaemonContent,
  metadata: Readonly<Record<string, string>>,
): Promise<Image | undefined> {
  const root = exportedDescriptor(metadata);
  if (!isDescriptor(root)) return undefined;
  const documents = new Map<string, Uint8Array>();
  const manifests: Manifest[] = [];
  let left = LONGEST;
  const seen = new Set<string>();
  async function add(target: Descriptor): Promise<boolean> {
    if (seen.has(target.digest)) return true;
    seen.add(target.digest);
    if ((left -= target.size) < 0) return false;
    const bytes = await readDocument(content, target);
    documents.set(target.digest, bytes);
    const document = parse(bytes);
    if (isIndex(target.mediaType)) {
      const { manifests: parts } = document as { manifests?: unknown };
      if (!isList(parts)) return false;
      return (await Promise.all(parts.map(add))).every(Boolean);
    }
    const { config, layers } = document as { config?: unknown; layers?: unknown };
    if (!isDescriptor(config) || !isList(layers) || layers.some(isForeign)) return false;
    manifests.push({ config, layers });
    return true;
  }
  return await add(root) ? { root, manifests, documents } : undefined;
}

/** The diff IDs of an image's layers, from the lowest; undefined for an unusual configuration. */
export async function readDiffIds(
  content: DaemonContent,
  { config, layers }: Manifest,
): Promise<readonly string[] | undefined> {
  if (config.size > LONGEST) return undefined;
  const document = parse(await readDocument(content, config));
  const ids = (document as { rootfs?: { diff_ids?: unknown } } | undefined)?.rootfs?.diff_ids;
  const isUsual = Array.isArray(ids) && ids.length === layers.length &&
    ids.every((id) => typeof id === "string");
  return isUsual ? ids : undefined;
}

/** Reads a blob as a whole, and verifies it. */
export async function readDocument(
  content: DaemonContent,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  await content.read(digest, (chunk) => {
    if (at + chunk.length > size) throw new Error(`${digest} is longer than ${size} bytes`);
    bytes.set(chunk, at);
    at += chunk.length;
  });
  if (at < size || await sha256Of(bytes) !== digest) throw new Error(`${digest} is damaged`);
  return bytes;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
}

function isForeign({ mediaType }: Descriptor): boolean {
  return /foreign|nondistributable/.test(mediaType);
}

function isList(list: unknown): list is Descriptor[] {
  return Array.isArray(list) && list.every(isDescriptor);
}

function isDescriptor(json: unknown): json is Descriptor {
  const { mediaType, digest, size } = (json ?? {}) as Partial<Descriptor>;
  return typeof mediaType === "string" && typeof digest === "string" &&
    digest.startsWith("sha256:") && digestProblem(digest) === undefined &&
    Number.isSafeInteger(size) && size! >= 0;
}
