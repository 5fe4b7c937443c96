/** Content as a registry sends it, held against what was promised. */
import { after } from "../../base/async.ts";
import { beginDigest } from "./digest.ts";
import type { Host } from "./hosts.ts";
import { RegistryError } from "./registry_error.ts";
import type { Link } from "./requests.ts";

/** Whose content it is, for errors, and how long to wait for it. */
export interface Origin {
  readonly link: Pick<Link, "signal" | "patience">;
  readonly host: Host;
  readonly doing: string;
}

/** A body's bytes; the stream fails where it ends early, is too long, stalls, or has another digest. */
export async function verified(
  response: Response,
  { digest, size }: { digest: string; size: number },
  origin: Origin,
): Promise<ReadableStream<Uint8Array>> {
  const corrupt = (problem: string) =>
    new RegistryError(`${origin.doing}: ${problem}`, {
      ...{ host: origin.host.host, code: "corrupt" },
      hint: "what the registry, or a proxy before it, sent is damaged: try again",
    });
  const hash = await beginDigest(digest.split(":", 1)[0]!);
  let got = 0;
  const check = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, out) {
      got += bytes.length;
      if (got > size) throw corrupt(`is longer than its ${size} bytes`);
      hash.update(bytes);
      out.enqueue(bytes);
    },
    flush() {
      if (got !== size) throw corrupt(`ended after ${got} of ${size} bytes`);
      const found = hash.end();
      if (found !== digest) throw corrupt(`has the digest ${found}`);
    },
  });
  return ReadableStream.from(patient(response, origin)).pipeThrough(check);
}

/** A body as one piece. */
export async function readAll(
  response: Response,
  limit: number,
  origin: Origin,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of patient(response, origin)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) {
      throw new RegistryError(`${origin.doing}: is larger than ${limit} bytes`, {
        ...{ host: origin.host.host, code: "corrupt" },
      });
    }
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The body's chunks; an error of ours where the connection breaks or falls silent. */
async function* patient(response: Response, { link, host, doing }: Origin) {
  const reader = (response.body ?? new ReadableStream({ start: (c) => c.close() })).getReader();
  const broken = (problem: string, cause?: unknown) =>
    new RegistryError(`${doing}: ${problem}`, { host: host.host, code: "unreachable", cause });
  let done = false;
  try {
    while (true) {
      let late = false;
      const stop = after(link.patience, () => {
        late = true;
        reader.cancel().catch(() => {});
      });
      const chunk = await reader.read().catch((cause) => {
        if (cause instanceof RegistryError) throw cause;
        link.signal.throwIfAborted();
        throw broken(`the connection to ${host.host} broke off`, cause);
      }).finally(stop);
      if (late) throw broken(`no data from ${host.host} within ${link.patience / 1000} s`);
      done = chunk.done;
      if (chunk.done) return;
      yield chunk.value as Uint8Array;
    }
  } finally {
    if (!done) await reader.cancel().catch(() => {});
  }
}
