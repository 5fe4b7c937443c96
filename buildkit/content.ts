/** The daemon's blobs that records of builds refer to, over containerd's content API. */
import { joinBytes } from "../base/bytes.ts";
import { ContentDefinition } from "../proto/gen/content.ts";
import type { Client } from "./client.ts";
import type { CallOptions } from "./grpc/channel.ts";
import { Code, RpcError } from "./grpc/status.ts";

const { info, read } = ContentDefinition.methods;

/** The size of a blob in bytes; undefined when the daemon doesn't have it (any more). */
export async function blobSize(
  client: Client,
  digest: string,
  options?: CallOptions,
): Promise<number | undefined> {
  try {
    const answer = await client.channel.unary(ContentDefinition, info, { digest }, options);
    return Number(answer.info?.size ?? 0n);
  } catch (error) {
    if (error instanceof RpcError && error.code === Code.NOT_FOUND) return undefined;
    throw error;
  }
}

/**
 * Reads a blob from its beginning to its end, piece by piece; the next piece comes when the last
 * one's promise is settled. Throws `RpcError` with NOT_FOUND where there is none.
 */
export async function readBlob(
  client: Client,
  digest: string,
  onChunk: (bytes: Uint8Array) => void | Promise<void>,
  options?: CallOptions,
): Promise<void> {
  const request = { digest, offset: 0n, size: 0n };
  await client.channel.serverStream(
    ContentDefinition,
    read,
    request,
    ({ data }) => onChunk(data),
    options,
  );
}

/**
 * A blob as a stream. The daemon sends no faster than the stream is read. The stream fails with
 * `RpcError`, or with an Error for more than `most` bytes.
 */
export function blobStream(
  client: Client,
  digest: string,
  { signal, most }: { readonly signal: AbortSignal; readonly most: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  type Bytes = Uint8Array<ArrayBuffer>;
  const { readable, writable } = new TransformStream<Bytes, Bytes>();
  const writer = writable.getWriter();
  let size = 0;
  readBlob(client, digest, async (bytes) => {
    size += bytes.length;
    if (size > most) throw new Error(`${digest} has more than ${most} bytes`);
    await writer.write(bytes.slice());
  }, { signal }).then(() => writer.close(), (error) => writer.abort(error)).catch(() => {});
  return readable;
}

/** More than any document about a build has, in bytes. */
const LARGEST = 64 << 20;

/** A blob as a whole: documents, not layers. Throws for one above 64 MiB. */
export async function wholeBlob(
  client: Client,
  digest: string,
  options?: CallOptions,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  await readBlob(client, digest, (bytes) => {
    size += bytes.length;
    if (size > LARGEST) throw new Error(`cannot hold ${digest}: it is larger than 64 MiB`);
    chunks.push(bytes);
  }, options);
  return joinBytes(chunks);
}
