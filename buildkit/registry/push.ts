/** Writes to a repository: blobs, by mounting them where that goes, and manifests. */
import type { Descriptor } from "./descriptor.ts";
import { isIndex, isManifest } from "./descriptor.ts";
import type { Host } from "./hosts.ts";
import { type Reference, repositoryName } from "./reference.ts";
import { RegistryError } from "./registry_error.ts";
import { type Ask, ask, type Link } from "./requests.ts";
import type { Wanted } from "./pull.ts";
import { pause } from "../../base/async.ts";
import { innermostReason } from "../session/token_fetch.ts";

/** Every method throws `RegistryError`, or the signal's reason. */
export interface Writer {
  /** Whether the content is there; with a tag, whether the tag means it. */
  has(descriptor: Wanted, tag?: string): Promise<boolean>;
  /**
   * Takes a blob over from another repository of the registry. False when it can't be: the registry
   * doesn't, or we may not read there.
   */
  mount(descriptor: Wanted, fromPath: string): Promise<boolean>;
  /** Writes a blob. `open` is called again when the upload has to start anew. */
  putBlob(descriptor: Wanted, open: () => Promise<ReadableStream<Uint8Array>>): Promise<void>;
  /** Writes a manifest, or a list of them, under its digest or a tag. */
  putManifest(descriptor: Wanted, bytes: Uint8Array, tag?: string): Promise<void>;
}

/** The largest blob that goes up in one request of known length, in bytes. */
const LARGEST_PIECE = 8 << 20;

/** Milliseconds before what a registry has stumbled over is begun anew: BuildKit's. */
const PAUSES = [1000, 2000, 4000];

/** Runs, and again, while the registry fails for reasons of its own or the connection breaks. */
async function again<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const ms of PAUSES) {
    try {
      return await run();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(ms, signal);
    }
  }
  return await run();
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  if (error.status !== undefined) return error.status >= 500;
  return /reset|aborted|broken pipe|EPIPE|connection closed|unexpected (?:eof|end of file)/i
    .test(innermostReason(error));
}

export function writer(
  link: Link,
  host: Host,
  name: Pick<Reference, "domain" | "path">,
): Writer {
  const scope = `repository:${name.path}:pull,push`;
  const send = async (
    { digest }: Pick<Descriptor, "digest">,
    request: Omit<Ask, "scopes" | "doing"> & Partial<Pick<Ask, "scopes" | "doing">>,
  ) =>
    await ask(link, host, {
      doing: `${repositoryName(name)}@${digest}`,
      scopes: [scope],
      ...request,
    });

  /** Starts an upload; gives the URL to go on with. */
  async function begin(descriptor: Wanted): Promise<URL> {
    const response = await send(descriptor, {
      method: "POST",
      path: `${name.path}/blobs/uploads/`,
    });
    return await nextUrl(response, descriptor);
  }

  async function nextUrl(response: Response, { digest }: Wanted): Promise<URL> {
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (location === null) {
      throw new RegistryError(`${repositoryName(name)}@${digest}: the upload has no location`, {
        ...{ host: host.host, code: "unexpected" },
      });
    }
    // Some registries leave the scheme out, and nothing else.
    const bare = !location.startsWith("/") && !location.includes("://");
    return new URL(bare ? `${new URL(host.origin).protocol}//${location}` : location, host.origin);
  }

  async function end(descriptor: Wanted, url: URL, body: () => Uint8Array) {
    url.searchParams.append("digest", descriptor.digest);
    const response = await upload(descriptor, "PUT", url, body);
    await response.body?.cancel();
  }

  async function upload(
    descriptor: Wanted,
    method: "PUT" | "PATCH",
    url: URL,
    body: NonNullable<Ask["body"]>,
  ): Promise<Response> {
    const request = {
      ...{ method, path: url.href, body },
      headers: { "content-type": "application/octet-stream" },
    };
    if (url.origin === new URL(host.origin).origin) return await send(descriptor, request);
    // Somewhere else the login is nobody's business.
    const stranger = { ...host, host: url.host, origin: url.origin };
    return await ask(link, stranger, {
      ...request,
      ...{ doing: `${repositoryName(name)}@${descriptor.digest}`, scopes: [] },
    });
  }

  async function putBlob(
    descriptor: Wanted,
    open: () => Promise<ReadableStream<Uint8Array>>,
  ): Promise<void> {
    const url = await begin(descriptor);
    if (descriptor.size <= LARGEST_PIECE) {
      const bytes = await new Response(await open()).bytes();
      return await end(descriptor, url, () => bytes);
    }
    // The runtime sends a stream without its length, which PATCH allows and PUT needn't.
    const response = await upload(descriptor, "PATCH", url, open);
    await end(descriptor, await nextUrl(response, descriptor), () => new Uint8Array());
  }

  return {
    async has(descriptor, tag) {
      const { mediaType, digest } = descriptor;
      const manifest = isIndex(mediaType) || isManifest(mediaType);
      const response = await send(descriptor, {
        method: "HEAD",
        path: `${name.path}/${manifest ? "manifests" : "blobs"}/${manifest && tag || digest}`,
        headers: { accept: `${mediaType}, */*` },
        expects: [404],
      });
      await response.body?.cancel();
      if (response.status === 404) return false;
      return !tag || response.headers.get("docker-content-digest") === digest;
    },
    async mount(descriptor, fromPath) {
      const query = new URLSearchParams({ mount: descriptor.digest, from: fromPath });
      const ask = {
        method: "POST",
        path: `${name.path}/blobs/uploads/?${query}`,
        scopes: [scope, `repository:${fromPath}:pull`],
        expects: [401, 403, 404, 405],
      } as const;
      const response = await again(() => send(descriptor, ask), link.signal);
      await response.body?.cancel();
      return response.status === 201;
    },
    putBlob: (descriptor, open) => again(() => putBlob(descriptor, open), link.signal),
    async putManifest(descriptor, bytes, tag) {
      const put = {
        ...tag && { doing: `${repositoryName(name)}:${tag}` },
        method: "PUT",
        path: `${name.path}/manifests/${tag || descriptor.digest}`,
        headers: { "content-type": descriptor.mediaType },
        body: () => bytes,
      } as const;
      const response = await again(() => send(descriptor, put), link.signal);
      await response.body?.cancel();
      const got = response.headers.get("docker-content-digest");
      if (got !== null && got !== descriptor.digest) {
        throw new RegistryError(
          `${repositoryName(name)}@${descriptor.digest}: the registry has stored ${got} instead`,
          { host: host.host, code: "corrupt" },
        );
      }
    },
  };
}
