/**
 * Reads a repository: the meaning of a tag, manifests, blobs, and the manifests that refer to one.
 */
import { type Descriptor, isIndex, isManifest, mediaTypes } from "./descriptor.ts";
import { digestProblem, sha256Of } from "./digest.ts";
import type { Host } from "./hosts.ts";
import { parseManifest } from "./manifest.ts";
import { type Reference, repositoryName } from "./reference.ts";
import { isNotFound, RegistryError } from "./registry_error.ts";
import { failures, repeated } from "./repeat.ts";
import { type Ask, ask, type Client } from "./requests.ts";
import { chunksOf, readAll, verified } from "./verify.ts";

/** Every method throws `RegistryError`, or the signal's reason. */
export interface Reader {
  /** Asks what a tag, or a digest, stands for. */
  resolve(reference: Pick<Reference, "tag" | "digest">): Promise<Descriptor>;
  /** Reads a manifest or a small blob whole; size and digest are right. */
  fetch(descriptor: Wanted): Promise<Uint8Array>;
  /** Opens a blob; the stream fails at its end when size or digest are wrong. */
  open(descriptor: Wanted): Promise<ReadableStream<Uint8Array>>;
  /** Lists the manifests whose `subject` has a digest; none for a registry without such a list. */
  referrers(digest: string): Promise<readonly Descriptor[]>;
}

/** The part of a descriptor that is needed to get its content. */
export type Wanted = Pick<Descriptor, "mediaType" | "digest" | "size">;

/** The largest manifest, and the largest other content that is read whole, in bytes. */
const LARGEST_MANIFEST = 4 << 20, LARGEST = 256 << 20;
/** After this many further bytes, a blob's earlier failures don't count any more. */
const GOT_ON = 8 << 20;

const accept = [
  ...[mediaTypes.dockerManifest, mediaTypes.dockerList, mediaTypes.ociManifest],
  ...[mediaTypes.ociIndex, "*/*"],
].join(", ");

/** An answer, and the host that gave it. */
interface Answer {
  readonly response: Response;
  readonly host: Host;
}

export function reader(
  client: Client,
  hosts: readonly Host[],
  name: Pick<Reference, "domain" | "path">,
): Reader {
  const shownAs = (digest: string) => `${repositoryName(name)}@${digest}`;
  const get = (host: Host, path: string, request: Partial<Ask> & { shown: string }) =>
    ask(client, host, {
      method: "GET",
      scopes: [`repository:${name.path}:pull`],
      ...request,
      headers: { "accept-encoding": "identity", ...request.headers },
      path: `${name.path}/${path}`,
    });

  async function resolveAt(
    host: Host,
    kind: "manifests" | "blobs",
    { digest, tag }: Pick<Reference, "tag" | "digest">,
    shown: string,
  ) {
    const path = `${kind}/${digest || tag}`;
    const head = await get(host, path, {
      ...{ method: "HEAD", headers: { accept }, expects: [400, 403, 405], shown },
    });
    await head.body?.cancel();
    // An answer without a body has no reasons, and some registries have no HEAD.
    if (head.status < 400) {
      const found = digest || head.headers.get("docker-content-digest");
      const size = Number(head.headers.get("content-length") ?? NaN);
      if (found && size >= 0) return resolved(host, shown, typeOf(head), found, size);
    }
    const response = await get(host, path, { headers: { accept }, shown });
    const origin = { client, host, shown };
    const bytes = await readAll(chunksOf(response, origin), LARGEST_MANIFEST, origin);
    const found = digest || await sha256Of(bytes);
    return resolved(host, shown, typeOf(response), found, bytes.length);
  }

  /** Asks the hosts in order for content, from its byte `from` on. */
  async function request({ mediaType, digest }: Wanted, from = 0): Promise<Answer> {
    const shown = shownAs(digest);
    const kinds = isIndex(mediaType) || isManifest(mediaType) ? ["manifests", "blobs"] : ["blobs"];
    return await firstThere(kinds, hosts, async (kind, host) => ({
      host,
      response: await get(host, `${kind}/${digest}`, {
        headers: {
          accept: `${mediaType || "*/*"}, */*`,
          ...from > 0 && { range: `bytes=${from}-` },
        },
        shown,
      }),
    }));
  }

  /** Reads the bytes of a blob. Where the connection breaks, a further request continues. */
  async function* bytesOf(wanted: Wanted, first: Answer): AsyncGenerator<Uint8Array> {
    const failed = failures(client);
    const shown = shownAs(wanted.digest);
    let answer = first, got = 0, before = 0;
    while (true) {
      try {
        // A server without ranges sends all of it again.
        let skip = answer.response.status === 206 ? 0 : got;
        for await (let chunk of chunksOf(answer.response, { ...answer, client, shown })) {
          const skipped = Math.min(skip, chunk.length);
          skip -= skipped;
          chunk = chunk.subarray(skipped);
          got += chunk.length;
          if (chunk.length > 0) yield chunk;
        }
        return;
      } catch (error) {
        if (got - before >= GOT_ON) failed.forget();
        before = got;
        await failed.pauseAfter(error);
      }
      answer = await repeated(client, () => request(wanted, got));
      const range = answer.response.headers.get("content-range") ?? "";
      if (answer.response.status === 206 && !range.startsWith(`bytes ${got}-`)) {
        throw new RegistryError(`${shown}: the registry sent another part than bytes ${got}-`, {
          ...{ host: answer.host.host, code: "corrupt" },
        });
      }
    }
  }

  async function verifiedBytes(wanted: Wanted, answer: Answer, bytes: AsyncGenerator<Uint8Array>) {
    const { host } = answer;
    const shown = shownAs(wanted.digest);
    return await verified(ReadableStream.from(bytes), wanted, { client, host, shown });
  }

  /** Throws for an invalid digest, because the digest becomes a part of a URL. */
  function check(digest: string): void {
    const problem = digestProblem(digest);
    if (problem === undefined) return;
    throw new RegistryError(`${repositoryName(name)}: ${problem}: ${JSON.stringify(digest)}`, {
      ...{ host: name.domain, code: "corrupt" },
      hint: "the image's manifest is damaged: check where it comes from",
    });
  }

  return {
    resolve(reference) {
      const { digest, tag } = reference;
      if (digest !== "") check(digest);
      const shown = digest ? shownAs(digest) : `${repositoryName(name)}:${tag}`;
      const kinds = digest ? ["manifests", "blobs"] as const : ["manifests"] as const;
      return repeated(
        client,
        () => firstThere(kinds, hosts, (kind, host) => resolveAt(host, kind, reference, shown)),
      );
    },
    fetch(descriptor) {
      const { mediaType, digest } = descriptor;
      check(digest);
      const manifest = isIndex(mediaType) || isManifest(mediaType);
      return repeated(client, async () => {
        const answer = await request(descriptor);
        const origin = { ...answer, client, shown: shownAs(digest) };
        const body = await verifiedBytes(descriptor, answer, chunksOf(answer.response, origin));
        return await readAll(body, manifest ? LARGEST_MANIFEST : LARGEST, origin);
      });
    },
    async open(descriptor) {
      check(descriptor.digest);
      const first = await repeated(client, () => request(descriptor));
      return await verifiedBytes(descriptor, first, bytesOf(descriptor, first));
    },
    async referrers(digest) {
      check(digest);
      const shown = shownAs(digest);
      const headers = { accept: `${mediaTypes.ociIndex}, */*` };
      // Registries without the API keep them under a tag made of the digest.
      const paths = [`referrers/${digest}`, `manifests/${digest.replace(":", "-")}`];
      try {
        return await repeated(client, () =>
          firstThere(paths, hosts, async (path, host) => {
            const response = await get(host, path, { headers, shown });
            const origin = { client, host, shown };
            const bytes = await readAll(chunksOf(response, origin), LARGEST_MANIFEST, origin);
            return parseManifest(bytes, `the referrers of ${shown}`).manifests;
          }));
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    },
  };
}

/**
 * The answer's media type without parameters. Servers that send no type have the oldest manifests.
 */
function typeOf({ headers }: Response): string {
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]!.trim();
  return type === "text/plain" ? mediaTypes.dockerSchema1 : type;
}

function resolved(host: Host, shown: string, mediaType: string, digest: string, size: number) {
  const corrupt = (problem: string) =>
    new RegistryError(`${shown}: ${problem}`, { host: host.host, code: "corrupt" });
  const problem = digestProblem(digest);
  if (problem !== undefined) {
    throw corrupt(`the registry answered with an invalid digest: ${problem}`);
  }
  if (size > LARGEST_MANIFEST) throw corrupt(`rejecting ${size} byte manifest`);
  return { mediaType, digest, size };
}

/**
 * Returns the first kind that a host has; the next is requested only if the one before is missing.
 */
async function firstThere<Kind, T>(
  kinds: readonly Kind[],
  hosts: readonly Host[],
  ask: (kind: Kind, host: Host) => Promise<T>,
): Promise<T> {
  let absent: unknown;
  for (const kind of kinds) {
    try {
      return await firstOf(hosts, (host) => ask(kind, host));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      absent = error;
    }
  }
  throw absent;
}

/**
 * Returns the first host's answer that succeeds, or else the error of the host that came furthest.
 */
async function firstOf<T>(hosts: readonly Host[], ask: (host: Host) => Promise<T>): Promise<T> {
  let furthest: { error: unknown; rank: number } | undefined;
  for (const host of hosts) {
    try {
      return await ask(host);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const rank = error.status === undefined ? 1 : error.code === "not-found" ? 2 : 3;
      if (furthest === undefined || rank > furthest.rank) furthest = { error, rank };
    }
  }
  throw furthest!.error;
}
