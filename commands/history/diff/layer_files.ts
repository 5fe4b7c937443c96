/** The files in a layer, to tell which of them differ between two builds. */
import { blobStream } from "../../../buildkit/content.ts";
import type { Client } from "../../../buildkit/client.ts";
import type { Layer } from "../records/provenance.ts";

/** Layers above these sizes (bytes) or numbers of members aren't read. */
const MOST = { stored: 32 << 20, unpacked: 256 << 20, members: 20_000 };

/** Files above this size (bytes) are compared by size and time alone. */
const MOST_HASHED = 16 << 20;

/** A text for each file's content and mode, by its path. */
export type LayerFiles = ReadonlyMap<string, string>;

/** Differences between two layers: paths, each list in order. */
export interface FileChanges {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Lists the files of a layer. Undefined for a layer that is too large, gone, no tar archive, or
 * compressed in another way than by gzip.
 */
export async function layerFiles(
  client: Client,
  layer: Layer,
  signal: AbortSignal,
): Promise<LayerFiles | undefined> {
  if (layer.size > MOST.stored || !/(?:gzip|\.tar)$/.test(layer.mediaType)) return undefined;
  try {
    const stored = blobStream(client, layer.digest, { signal, most: MOST.stored });
    const isZipped = layer.mediaType.endsWith("gzip");
    return await listTar(
      isZipped ? stored.pipeThrough(new DecompressionStream("gzip")) : stored,
    );
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

export function fileChanges(a: LayerFiles, b: LayerFiles): FileChanges {
  const paths = [...b.keys()].sort();
  return {
    changed: paths.filter((path) => a.has(path) && a.get(path) !== b.get(path)),
    added: paths.filter((path) => !a.has(path)),
    removed: [...a.keys()].filter((path) => !b.has(path)).sort(),
  };
}

const BLOCK = 512;

/** Reads a tar archive of POSIX or GNU, with their long names. Throws if it is none. */
export async function listTar(stream: ReadableStream<Uint8Array>): Promise<LayerFiles> {
  await using reader = tarReader(stream);
  const files = new Map<string, string>();
  let longName = "";
  for (let members = 0;; members++) {
    if (members > MOST.members) throw new Error("the layer has too many files");
    const header = await reader.take(BLOCK);
    if (header === undefined || header.every((byte) => byte === 0)) return files;
    const text = (from: number, length: number) =>
      new TextDecoder().decode(header.subarray(from, from + length)).split("\0")[0]!;
    const size = parseInt(text(124, 12).trim() || "0", 8);
    if (text(257, 5) !== "ustar" || !(size >= 0)) throw new Error("the layer is not a tar archive");
    const type = text(156, 1);
    const isMeta = type === "x" || type === "L" || type === "g";
    const isHashed = size <= MOST_HASHED;
    const body = isHashed ? await reader.take(size) : await reader.skip(size);
    await reader.skip(-size & BLOCK - 1);
    if (body === undefined) throw new Error("the layer ends early");
    if (isMeta) {
      const content = new TextDecoder().decode(body);
      if (type === "L") longName = content.split("\0")[0]!;
      if (type === "x") longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(content)?.[1] ?? longName;
      continue;
    }
    const prefix = text(345, 155);
    const path = longName || (prefix === "" ? "" : `${prefix}/`) + text(0, 100);
    longName = "";
    // A folder has changed only with the files in it.
    if (type === "5") continue;
    const content = isHashed
      ? new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex()
      : `${size} ${text(136, 12)}`;
    files.set(path.replace(/^\.?\//, ""), `${type} ${text(100, 8)} ${text(157, 100)} ${content}`);
  }
}

/** Reads from a stream in pieces of the sizes that its caller asks for. */
function tarReader(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  let rest = new Uint8Array(0);
  let total = 0;
  async function next(): Promise<boolean> {
    const { value } = await reader.read();
    if (value === undefined) return false;
    total += value.length;
    if (total > MOST.unpacked) throw new Error("the layer is too large");
    rest = value.slice();
    return true;
  }
  return {
    /** The next bytes; undefined if the stream has fewer. */
    async take(size: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
      const whole = new Uint8Array(size);
      for (let filled = 0; filled < size;) {
        if (rest.length === 0 && !await next()) return undefined;
        const piece = rest.subarray(0, size - filled);
        whole.set(piece, filled);
        filled += piece.length;
        rest = rest.subarray(piece.length);
      }
      return whole;
    },
    async skip(size: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
      for (let left = size; left > 0;) {
        if (rest.length === 0 && !await next()) return undefined;
        const piece = Math.min(left, rest.length);
        left -= piece;
        rest = rest.subarray(piece);
      }
      return new Uint8Array(0);
    },
    async [Symbol.asyncDispose]() {
      await reader.cancel().catch(() => {});
    },
  };
}
