/** Reads a repository: what a tag means, manifests, blobs, and who refers to them. */
import { type Descriptor, isIndex, isManifest, mediaTypes } from "./descriptor.ts";
import { digestProblem, sha256Of } from "./digest.ts";
import type { Host } from "./hosts.ts";
import { type Reference, repositoryName } from "./reference.ts";
import { isNotFound, RegistryError } from "./registry_error.ts";
import { type Ask, ask, type Link } from "./requests.ts";
import { readAll, verified } from "./verify.ts";

/** Every method throws `RegistryError`, or the signal's reason. */
export interface Reader {
  /** Asks what a tag, or a digest, stands for. */
  resolve(reference: Pick<Reference, "tag" | "digest">): Promise<Descriptor>;
  /** All of a manifest or a small blob; its size and digest are right. */
  fetch(descriptor: Wanted): Promise<Uint8Array>;
  /** The bytes of a blob as they come; the stream fails at its end when size or digest are wrong. */
  open(descriptor: Wanted): Promise<ReadableStream<Uint8Array>>;
  /** The manifests whose `subject` is the one of that digest; none for a registry that knows no such. */
  referrers(digest: string): Promise<Descriptor[]>;
}

/** What is needed of a descriptor to get its content. */
export type Wanted = Pick<Descriptor, "mediaType" | "digest" | "size">;

/** The largest manifest that is taken, and the largest other content that is held whole, in bytes. */
const LARGEST_MANIFEST = 4 << 20, LARGEST = 256 << 20;

const accept = [
  ...[mediaTypes.dockerManifest, mediaTypes.dockerList, mediaTypes.ociManifest],
  ...[mediaTypes.ociIndex, "*/*"],
].join(", ");

export function reader(
  link: Link,
  hosts: readonly Host[],
  name: Pick<Reference, "domain" | "path">,
): Reader {
  const get = (host: Host, path: string, request: Partial<Ask> & { doing: string }) =>
    ask(link, host, {
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
    doing: string,
  ) {
    const path = `${kind}/${digest || tag}`;
    const head = await get(host, path, {
      ...{ method: "HEAD", headers: { accept }, expects: [400, 403, 405], doing },
    });
    await head.body?.cancel();
    // An answer without a body has no reasons, and some registries have no HEAD.
    if (head.status < 400) {
      const told = digest || head.headers.get("docker-content-digest");
      const size = Number(head.headers.get("content-length") ?? NaN);
      if (told && size >= 0) return checked(host, doing, typeOf(head), told, size);
    }
    const whole = await get(host, path, { headers: { accept }, doing });
    const bytes = await readAll(whole, LARGEST_MANIFEST, { link, host, doing });
    return checked(host, doing, typeOf(whole), digest || await sha256Of(bytes), bytes.length);
  }

  /** Asks where content of that type is kept. */
  async function request(descriptor: Wanted): Promise<{ response: Response; host: Host }> {
    const { mediaType, digest } = descriptor;
    const doing = `${repositoryName(name)}@${digest}`;
    const kinds = isIndex(mediaType) || isManifest(mediaType) ? ["manifests", "blobs"] : ["blobs"];
    return await firstThere(kinds, (kind) =>
      hosts.map((host) => async () => ({
        host,
        response: await get(host, `${kind}/${digest}`, {
          headers: { accept: `${mediaType || "*/*"}, */*` },
          doing,
        }),
      })));
  }

  return {
    resolve(reference) {
      const { digest, tag } = reference;
      const doing = `${repositoryName(name)}${digest ? `@${digest}` : `:${tag}`}`;
      const kinds = digest ? ["manifests", "blobs"] as const : ["manifests"] as const;
      return firstThere(
        kinds,
        (kind) => hosts.map((host) => () => resolveAt(host, kind, reference, doing)),
      );
    },
    async fetch(descriptor) {
      const { response, host } = await request(descriptor);
      const doing = `${repositoryName(name)}@${descriptor.digest}`;
      const limit = isIndex(descriptor.mediaType) || isManifest(descriptor.mediaType)
        ? LARGEST_MANIFEST
        : LARGEST;
      const body = await verified(response, descriptor, { link, host, doing });
      return await readAll(new Response(body), limit, { link, host, doing });
    },
    async open(descriptor) {
      const { response, host } = await request(descriptor);
      const doing = `${repositoryName(name)}@${descriptor.digest}`;
      return await verified(response, descriptor, { link, host, doing });
    },
    async referrers(digest) {
      const doing = `${repositoryName(name)}@${digest}`;
      const headers = { accept: `${mediaTypes.ociIndex}, */*` };
      // Registries without the API keep them under a tag made of the digest.
      const paths = [`referrers/${digest}`, `manifests/${digest.replace(":", "-")}`];
      try {
        const { response, host } = await firstThere(
          paths,
          (path) =>
            hosts.map((host) => async () => ({
              host,
              response: await get(host, path, { headers, doing }),
            })),
        );
        const bytes = await readAll(response, LARGEST_MANIFEST, { link, host, doing });
        const { manifests } = JSON.parse(new TextDecoder().decode(bytes));
        return Array.isArray(manifests) ? manifests : [];
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    },
  };
}

/** Without what comes after it; servers that name no type mean the oldest manifests. */
function typeOf({ headers }: Response): string {
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]!.trim();
  return type === "text/plain" ? mediaTypes.dockerSchema1 : type;
}

function checked(host: Host, doing: string, mediaType: string, digest: string, size: number) {
  const problem = digestProblem(digest);
  if (problem !== undefined) {
    throw new RegistryError(
      `${doing}: the registry answers with a digest that is none: ${problem}`,
      {
        ...{ host: host.host, code: "corrupt" },
      },
    );
  }
  if (size > LARGEST_MANIFEST) {
    throw new RegistryError(`${doing}: rejecting ${size} byte manifest`, {
      ...{ host: host.host, code: "corrupt" },
    });
  }
  return { mediaType, digest, size };
}

/** The first place that has it: the next is asked only where nothing is at the one before. */
async function firstThere<Place, T>(
  places: readonly Place[],
  waysTo: (place: Place) => readonly (() => Promise<T>)[],
): Promise<T> {
  const [place, ...others] = places;
  try {
    return await firstOf(waysTo(place!));
  } catch (error) {
    if (others.length === 0 || !isNotFound(error)) throw error;
    return await firstThere(others, waysTo);
  }
}

/** The first that succeeds; else the error of the one that came furthest. */
async function firstOf<T>(ways: readonly (() => Promise<T>)[]): Promise<T> {
  let worst: { error: unknown; rank: number } | undefined;
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const rank = error.status === undefined ? 1 : error.code === "not-found" ? 2 : 3;
      if (worst === undefined || rank > worst.rank) worst = { error, rank };
    }
  }
  throw worst!.error;
}
