/** Reads the bodies of a registry's answers, and checks them against their descriptors. */
import { joinStream } from "../../base/bytes.ts";
import { after } from "../../base/async.ts";
import { beginDigest } from "./digest.ts";
import type { Host } from "./hosts.ts";
import { RegistryError } from "./registry_error.ts";
import type { Client } from "./requests.ts";

/** The origin of content, for errors, and the time limit. */
interface Origin {
  readonly client: Pick<Client, "signal" | "patience">;
  readonly host: Host;
  /** The content as errors name it. */
  readonly shown: string;
}

/** The least that must arrive within the client's patience, in bytes; else the registry stalls. */
const LEAST = 256 << 10;

/** Passes a body on; the stream fails when it ends early, is too long, or has another digest. */
export async function verified(
  body: ReadableStream<Uint8Array>,
  { digest, size }: { digest: string; size: number },
  origin: Origin,
): Promise<ReadableStream<Uint8Array>> {
  const hash = await beginDigest(digest.split(":", 1)[0]!);
  let got = 0;
  const check = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, out) {
      got += bytes.length;
      if (!(got <= size)) throw corrupt(origin, `is longer than its ${size} bytes`, false);
      hash.update(bytes);
      out.enqueue(bytes);
    },
    flush() {
      if (got !== size) throw corrupt(origin, `ended after ${got} of ${size} bytes`, true);
      const found = hash.end();
      if (found !== digest) throw corrupt(origin, `has the digest ${found}`, true);
    },
  });
  return body.pipeThrough(check);
}

function corrupt({ shown, host }: Origin, problem: string, passing: boolean): RegistryError {
  return new RegistryError(`${shown}: ${problem}`, {
    ...{ host: host.host, code: "corrupt", passing },
    hint: "the registry, or a proxy before it, sent damaged content: try again",
  });
}

/** Joins at most `limit` bytes into one piece. */
export async function readAll(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  origin: Origin,
): Promise<Uint8Array> {
  const bytes = await joinStream(body, limit);
  if (bytes === undefined) throw corrupt(origin, `is larger than ${limit} bytes`, false);
  return bytes;
}

/** Gives a body's chunks. Throws `RegistryError` when the connection breaks or stalls. */
export async function* chunksOf(
  response: Response,
  { client, host, shown }: Origin,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  let left = client.patience, missing = LEAST;
  let done = false;
  try {
    while (!done) {
      let late = false;
      const began = performance.now();
      const stop = after(Math.max(1, left), () => {
        late = true;
        reader.cancel().catch(() => {});
      });
      const chunk = await reader.read().catch((cause) => {
        client.signal.throwIfAborted();
        throw new RegistryError(`${shown}: the connection to ${host.host} broke off`, {
          ...{ host: host.host, code: "unreachable", passing: true, cause },
        });
      }).finally(stop);
      if (late) {
        const within = `within ${client.patience / 1000} s`;
        throw new RegistryError(`${shown}: no data from ${host.host} ${within}`, {
          ...{ host: host.host, code: "timeout", passing: true },
        });
      }
      done = chunk.done;
      if (chunk.value === undefined) return;
      left -= performance.now() - began;
      missing -= chunk.value.length;
      if (missing <= 0) [left, missing] = [client.patience, LEAST];
      yield chunk.value;
    }
  } finally {
    if (!done) await reader.cancel().catch(() => {});
  }
}
