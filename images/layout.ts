/** An OCI layout of this machine, read and written as a repository of a registry is. */
import { isIndex, isManifest } from "../buildkit/registry/descriptor.ts";
import type { Descriptor } from "../buildkit/registry/descriptor.ts";
import { beginDigest, sha256Of } from "../buildkit/registry/digest.ts";
import type { Reader, Wanted } from "../buildkit/registry/pull.ts";
import type { Writer } from "../buildkit/registry/push.ts";
import { findManifest, LayoutError, putManifest } from "../buildkit/session/oci_index.ts";
import { osReason } from "../base/os_reason.ts";
import { detectMediaType } from "./media_type.ts";

/**
 * @param folder absolute; it must exist
 * @param shown the location as it was typed
 */
export function layoutReader(folder: string, shown: string): Reader {
  const open = async ({ digest }: Wanted) => {
    try {
      return (await Deno.open(blobPath(folder, digest))).readable;
    } catch (error) {
      throw new LayoutError(`content digest ${digest}: ${osReason(error)}`);
    }
  };
  const fetch = async (wanted: Wanted) => {
    const bytes = await new Response(await open(wanted)).bytes();
    if (wanted.digest.startsWith("sha256:") && await sha256Of(bytes) !== wanted.digest) {
      throw new LayoutError(`content digest ${wanted.digest}: the file in ${folder} is damaged`);
    }
    return bytes;
  };
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
      return { mediaType: detectMediaType(bytes), digest, size: bytes.length };
    },
    referrers: () => Promise.resolve([]),
  };
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
      await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
      await writeChecked(temporary, await open(), wanted);
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  };
  return {
    // In an index, what a tag means may be changed by others: it is always written anew.
    has: async (wanted, tag) => tag === undefined && await has(wanted),
    mount: () => Promise.resolve(false),
    putBlob,
    async putManifest(wanted, bytes, tag) {
      if (!await has(wanted)) {
        await putBlob(wanted, () => Promise.resolve(new Blob([bytes.slice()]).stream()));
      }
      // A blob of an image has no entry in the index; an image that is named by its digest has one.
      if (tag !== undefined) await putManifest(folder, { ...wanted }, tag === "" ? [] : [{ tag }]);
    },
  };
}

async function writeChecked(path: string, stream: ReadableStream<Uint8Array>, wanted: Wanted) {
  const hash = await beginDigest(wanted.digest.split(":", 1)[0]!);
  using file = await Deno.open(path, { write: true, createNew: true });
  for await (const chunk of stream) {
    hash.update(chunk);
    for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
  }
  if (hash.end() !== wanted.digest) {
    throw new LayoutError(`content digest ${wanted.digest}: what was read has another one`);
  }
}

function descriptorOf(found: { readonly [key: string]: unknown }): Descriptor {
  const { mediaType, digest, size } = found as unknown as Descriptor;
  const known = isIndex(mediaType) || isManifest(mediaType);
  if (!known) throw new LayoutError(`${digest} is no image, but ${mediaType}`);
  return { ...found as unknown as Descriptor, mediaType, digest, size };
}

function blobPath(folder: string, digest: string): string {
  return `${folder}/blobs/${digest.replace(":", "/")}`;
}
