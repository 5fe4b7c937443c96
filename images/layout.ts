/**
 * Reads and writes an OCI layout on this machine through the interface of a registry's repository.
 */
import { writeAll } from "../base/bytes.ts";
import {
  type Descriptor,
  isIndex,
  isManifest,
  mediaTypes,
} from "../buildkit/registry/descriptor.ts";
import { beginDigest, digestProblem, sha256Of } from "../buildkit/registry/digest.ts";
import { DEEPEST, type Manifest, parseManifest } from "../buildkit/registry/manifest.ts";
import type { Reader, Wanted } from "../buildkit/registry/pull.ts";
import type { Writer } from "../buildkit/registry/push.ts";
import {
  allManifests,
  findManifest,
  LayoutError,
  putManifest,
} from "../buildkit/session/oci_index.ts";
import { osReason } from "../base/os_reason.ts";
import { isFile } from "../base/stat.ts";
import { parentOf } from "../base/paths.ts";

/** The subject of a referrer in `index.json`, as containerd writes it. */
const SUBJECT = "io.containerd.manifest.subject";
/** The subject of an attestation in an image's index. */
const ATTESTED = "vnd.docker.reference.digest";
/** The largest content that is read whole, in bytes. */
const LARGEST = 256 << 20;

/** A manifest that refers to another one. */
export interface Referrer {
  /** The digest of the manifest that it refers to. */
  readonly subject: string;
  readonly descriptor: Descriptor;
}

/**
 * @param folder absolute; it must exist
 * @param shown the location as it was typed
 */
export function layoutReader(folder: string, shown: string): Reader {
  const open = async ({ digest }: Wanted) => {
    try {
      return (await Deno.open(blobPath(folder, digest))).readable;
    } catch (error) {
      if (error instanceof LayoutError) throw error;
      throw new LayoutError(`content digest ${digest}: ${osReason(error)}`);
    }
  };
  const fetch = async (wanted: Wanted) => {
    const { digest } = wanted;
    const { size } = await Deno.stat(blobPath(folder, digest)).catch(() => ({ size: 0 }));
    if (size > LARGEST) {
      throw new LayoutError(`content digest ${digest}: ${size} bytes are too many`);
    }
    const bytes = await new Response(await open(wanted)).bytes();
    if (await digestOf(bytes, digest) === digest) return bytes;
    throw new LayoutError(`content digest ${digest}: the file in ${folder} is damaged`);
  };
  let referrers: Promise<ReadonlyMap<string, readonly Descriptor[]>> | undefined;
  return {
    open,
    fetch,
    async resolve({ tag, digest }) {
      if (digest === "") {
        const found = findManifest(folder, tag);
        if (found !== undefined) return descriptorOf(found);
        throw new LayoutError(`reference ${shown} not found: not found`);
      }
      const bytes = await fetch({ digest, size: 0, mediaType: "" });
      const manifest = parseManifest(bytes, shown);
      return { mediaType: manifest.mediaType || kindOf(manifest), digest, size: bytes.length };
    },
    async referrers(digest) {
      return (await (referrers ??= referrersIn(folder, fetch))).get(digest) ?? [];
    },
  };
}

/** Guesses the media type of a manifest without one by its fields. */
function kindOf({ config, ...fields }: Manifest): string {
  if (config !== undefined) return mediaTypes.dockerManifest;
  const layers = fields["fsLayers"];
  return Array.isArray(layers) && layers.length > 0
    ? mediaTypes.dockerSchema1
    : mediaTypes.dockerList;
}

/**
 * Finds the referrers of every manifest in a layout, among the entries of `index.json` and in the
 * images of the layout. Missing blobs are skipped.
 */
async function referrersIn(
  folder: string,
  fetch: Reader["fetch"],
): Promise<ReadonlyMap<string, readonly Descriptor[]>> {
  const found = new Map<string, Map<string, Descriptor>>();
  const add = (subject: string | undefined, referrer: Descriptor) => {
    if (subject === undefined) return;
    if (!found.has(subject)) found.set(subject, new Map());
    found.get(subject)!.set(referrer.digest, referrer);
  };
  const roots = rootsOf(folder);
  await walk(roots.filter((root) => !isReferrer(root)), folder, fetch, (descriptor, manifest) => {
    add(descriptor.annotations?.[ATTESTED], descriptor);
    add(manifest.subject?.digest, descriptor);
  });
  for (const root of roots) add(root.annotations?.[SUBJECT], root);
  return new Map([...found].map(([subject, referrers]) => [subject, [...referrers.values()]]));
}

function rootsOf(folder: string): readonly Descriptor[] {
  const bytes = new TextEncoder().encode(JSON.stringify({ manifests: allManifests(folder) }));
  return parseManifest(bytes, `${folder}/index.json`).manifests;
}

const isReferrer = ({ annotations }: Descriptor) => (annotations?.[SUBJECT] ?? "") !== "";

/** Visits each manifest below the given ones once. */
async function walk(
  descriptors: readonly Descriptor[],
  folder: string,
  fetch: Reader["fetch"],
  visit: (descriptor: Descriptor, manifest: Manifest) => void,
  depth = 1,
  seen = new Set<string>(),
): Promise<void> {
  for (const descriptor of descriptors) {
    const { mediaType, digest } = descriptor;
    if (seen.has(digest) || !isIndex(mediaType) && !isManifest(mediaType)) continue;
    seen.add(digest);
    const shown = `content digest ${digest} in ${folder}`;
    if (depth > DEEPEST) throw new LayoutError(`${shown}: nested more than ${DEEPEST} deep`);
    if (!isFile(blobPath(folder, digest))) continue;
    const manifest = parseManifest(await fetch(descriptor), shown);
    visit(descriptor, manifest);
    await walk(manifest.manifests, folder, fetch, visit, depth + 1, seen);
  }
}

/** Adds referrers to `index.json`, except those that an image of the layout contains. */
export async function listReferrers(
  folder: string,
  referrers: readonly Referrer[],
): Promise<void> {
  if (referrers.length === 0) return;
  const contained = new Set<string>();
  const roots = rootsOf(folder).filter((root) => !isReferrer(root));
  const { fetch } = layoutReader(folder, folder);
  await walk(roots, folder, fetch, ({ digest }) => void contained.add(digest));
  for (const { subject, descriptor } of referrers) {
    if (contained.has(descriptor.digest)) continue;
    const annotations = { [SUBJECT]: subject, ...descriptor.annotations };
    await putManifest(folder, { ...descriptor, annotations }, []);
  }
}

/** @param folder absolute; it is made where it doesn't exist */
export function layoutWriter(folder: string): Writer {
  const has = async ({ digest, size }: Wanted) => {
    const file = await Deno.stat(blobPath(folder, digest)).catch(() => undefined);
    return file?.isFile === true && file.size === size;
  };
  const putBlob = async (wanted: Wanted, open: () => Promise<ReadableStream<Uint8Array>>) => {
    const path = blobPath(folder, wanted.digest);
    const temporary = `${path}.${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(parentOf(path), { recursive: true });
      await writeChecked(temporary, await open(), wanted);
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  };
  return {
    // Another program may change the meaning of a tag in an index, so a tag is always written
    // again.
    has: async (wanted, tag) => tag === undefined && await has(wanted),
    mount: () => Promise.resolve(false),
    putBlob,
    async putManifest(wanted, bytes, tag) {
      if (!await has(wanted)) {
        await putBlob(wanted, () => Promise.resolve(new Blob([bytes.slice()]).stream()));
      }
      // A manifest within an image has no entry in the index; an image named by its digest has one.
      if (tag !== undefined) await putManifest(folder, { ...wanted }, tag === "" ? [] : [{ tag }]);
    },
  };
}

async function writeChecked(path: string, stream: ReadableStream<Uint8Array>, wanted: Wanted) {
  const hash = await beginDigest(wanted.digest.split(":", 1)[0]!);
  using file = await Deno.open(path, { write: true, createNew: true });
  for await (const chunk of stream) {
    hash.update(chunk);
    await writeAll(file, chunk);
  }
  if (hash.end() !== wanted.digest) {
    throw new LayoutError(`content digest ${wanted.digest}: the copied content has another digest`);
  }
}

async function digestOf(bytes: Uint8Array, like: string): Promise<string> {
  if (like.startsWith("sha256:")) return await sha256Of(bytes);
  const hash = await beginDigest(like.split(":", 1)[0]!);
  hash.update(bytes);
  return hash.end();
}

function descriptorOf(found: { readonly [key: string]: unknown }): Descriptor {
  const { mediaType, digest, size } = found as unknown as Descriptor;
  const known = isIndex(mediaType) || isManifest(mediaType);
  if (!known) throw new LayoutError(`${digest} is not an image, but ${mediaType}`);
  return { ...found as unknown as Descriptor, mediaType, digest, size };
}

/** Throws `LayoutError` for a digest that isn't one: it becomes a part of a path. */
function blobPath(folder: string, digest: string): string {
  const problem = digestProblem(digest);
  if (problem !== undefined) throw new LayoutError(`${JSON.stringify(digest)}: ${problem}`);
  return `${folder}/blobs/${digest.replace(":", "/")}`;
}
