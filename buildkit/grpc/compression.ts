/**
 * Compresses messages that this side sends on a connection, each by itself (gRPC's `gzip`;
 * https://github.com/grpc/grpc/blob/master/doc/compression.md). A message says by its flag whether
 * it is compressed, so the decision can change with each (`link_judge.ts`).
 *
 * gzip is loaded when the link is slow enough for the first time. Small messages stay as they are:
 * a file listing consists of them. A large one is sampled before.
 */
import { joinBytes } from "../../base/bytes.ts";
import { all, type Metadata } from "./metadata.ts";
import { LinkJudge, QUICK, WORTH } from "./link_judge.ts";

/** The smallest message that is compressed, in bytes. */
const LEAST = 512;
/** From this size on, a message is sampled at two places of so many bytes. */
const SAMPLED = 32 << 10;
const SAMPLE = 4 << 10;
/** Bytes that wait while messages are compressed. */
const WAITING = 128 << 10;

/** The largest piece of output that gzip makes at once. All pieces are garbage afterwards. */
const CHUNK = 16 << 10;

type Gzip = (bytes: Uint8Array, level: number) => Uint8Array;

/** The compression of all messages that this side sends on one connection. */
export interface Compression {
  /** Compresses a message made of `head` and `body`; undefined where it is to be sent as it is. */
  pack(head: Uint8Array, body: Uint8Array): Uint8Array | undefined;
  /** Counts a message that was queued: after `pack`, if that was called. */
  queued(size: number, original: number): void;
  /** Counts bytes that have left the queue. */
  left(size: number): void;
  /** The most bytes that should wait, of so many that may. */
  mostWaiting(allowed: number): number;
}

/** True when the request's metadata announce that its sender understands gzip. */
export function acceptsGzip(metadata: Metadata): boolean {
  return all(metadata, "grpc-accept-encoding").some((value) =>
    value.split(",").some((name) => name.trim() === "gzip")
  );
}

/** @param roundTrip the shortest known round trip in milliseconds */
export function makeCompression(
  roundTrip: () => number,
  judge: LinkJudge = new LinkJudge({ now: () => performance.now(), roundTrip }),
): Compression {
  let gzip: Gzip | undefined;
  let loading = false;
  let took = 0;
  let scratch = new Uint8Array(0);

  /** The whole message in one buffer, which the next call uses again. */
  function whole(head: Uint8Array, body: Uint8Array): Uint8Array {
    if (body.length === 0) return head;
    const length = head.length + body.length;
    if (scratch.length < length) scratch = new Uint8Array(length);
    scratch.set(head);
    scratch.set(body, head.length);
    return scratch.subarray(0, length);
  }

  function load(): void {
    if (loading) return;
    loading = true;
    loadGzip().then((loaded) => gzip = loaded, () => {});
  }

  return {
    pack(head, body) {
      const length = head.length + body.length;
      if (judge.level === 0 || length < LEAST) return undefined;
      if (gzip === undefined) {
        load();
        return undefined;
      }
      const began = performance.now();
      const packed =
        length >= SAMPLED && !isCompressible(body.length > head.length ? body : head, gzip)
          ? undefined
          : gzip(whole(head, body), judge.level);
      took = performance.now() - began;
      return packed !== undefined && packed.length < length * WORTH ? packed : undefined;
    },
    queued(size, original) {
      judge.queued(size, original, took);
      took = 0;
    },
    left: (size) => judge.left(size),
    mostWaiting: (allowed) => judge.isCautious ? Math.min(allowed, WAITING) : allowed,
  };
}

async function loadGzip(): Promise<Gzip> {
  const { gzipSync } = await import("node:zlib");
  return (bytes, level) =>
    gzipSync(bytes, { level, chunkSize: Math.min(Math.max(1024, bytes.length >> 1), CHUNK) });
}

function isCompressible(bytes: Uint8Array, gzip: Gzip): boolean {
  const quarter = bytes.length >> 2;
  const sample = joinBytes([
    bytes.subarray(quarter, quarter + SAMPLE),
    bytes.subarray(3 * quarter, 3 * quarter + SAMPLE),
  ]);
  return gzip(sample, QUICK).length < sample.length * WORTH;
}
