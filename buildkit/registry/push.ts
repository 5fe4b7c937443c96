/** Writes to a repository: blobs, which are mounted where possible, and manifests. */
import { isIndex, isManifest } from "./descriptor.ts";
import { digestProblem } from "./digest.ts";
import type { Host } from "./hosts.ts";
import type { Wanted } from "./pull.ts";
import { type Reference, repositoryName } from "./reference.ts";
import { RegistryError } from "./registry_error.ts";
import { repeated } from "./repeat.ts";
import { type Ask, ask, type Client } from "./requests.ts";

/** Every method throws `RegistryError`, or the signal's reason. */
export interface Writer {
  /** Whether the registry has the content; with a tag, whether the tag refers to that content. */
  has(descriptor: Wanted, tag?: string): Promise<boolean>;
  /**
   * Mounts a blob from another repository of the registry. False when that is not possible: the
   * registry can't mount, or we may not read there.
   */
  mount(descriptor: Wanted, fromPath: string): Promise<boolean>;
  /** Writes a blob. `open` is called again when the upload has to start anew. */
  putBlob(descriptor: Wanted, open: () => Promise<ReadableStream<Uint8Array>>): Promise<void>;
  /** Writes a manifest or an index, under its digest or a tag. */
  putManifest(descriptor: Wanted, bytes: Uint8Array, tag?: string): Promise<void>;
}

/** The largest blob that is uploaded in one request of known length, in bytes. */
const LARGEST_PIECE = 8 << 20;

export function writer(
  client: Client,
  host: Host,
  name: Pick<Reference, "domain" | "path">,
): Writer {
  const scope = `repository:${name.path}:pull,push`;
  const failed = (shown: string, problem: string, code: "corrupt" | "unexpected") =>
    new RegistryError(`${shown}: ${problem}`, { host: host.host, code });

  async function send(
    { digest }: Pick<Wanted, "digest">,
    request: Omit<Ask, "scopes" | "shown"> & Partial<Pick<Ask, "scopes" | "shown">>,
  ): Promise<Response> {
    const shown = `${repositoryName(name)}@${digest}`;
    // A digest becomes a part of URLs.
    const problem = digestProblem(digest);
    if (problem !== undefined) throw failed(shown, problem, "corrupt");
    const response = await ask(client, host, { shown, scopes: [scope], ...request });
    await response.body?.cancel();
    return response;
  }

  function locationOf(response: Response, { digest }: Wanted): URL {
    const location = response.headers.get("location") ?? "";
    // Some registries leave out the scheme alone.
    const bare = !location.startsWith("/") && !location.includes("://");
    const text = bare ? `${new URL(host.origin).protocol}//${location}` : location;
    const url = location === "" ? null : URL.parse(text, host.origin);
    if (url !== null) return url;
    throw failed(`${repositoryName(name)}@${digest}`, "the upload has no location", "unexpected");
  }

  function has(descriptor: Wanted, tag?: string): Promise<boolean> {
    const { mediaType, digest } = descriptor;
    const isTagged = isIndex(mediaType) || isManifest(mediaType);
    return repeated(client, async () => {
      const { status, headers } = await send(descriptor, {
        method: "HEAD",
        path: `${name.path}/${isTagged ? "manifests" : "blobs"}/${isTagged && tag || digest}`,
        headers: { accept: `${mediaType}, */*` },
        expects: [404],
      });
      if (status === 404) return false;
      return !tag || headers.get("docker-content-digest") === digest;
    });
  }

  /**
   * Sends a part of an upload. If the registry doesn't know the upload, or has another state of it,
   * the upload has ended: an answer was lost, and the runtime itself repeated the request.
   */
  async function sendPart(descriptor: Wanted, part: Pick<Ask, "method" | "path" | "body">) {
    const headers = { "content-type": "application/octet-stream" };
    const response = await send(descriptor, { ...part, headers, expects: [404, 416] });
    const { status } = response;
    if (status < 400) return response;
    const shown = `${repositoryName(name)}@${descriptor.digest}`;
    throw new RegistryError(`${shown}: the registry has lost the upload`, {
      ...{ host: host.host, code: "unexpected", status, passing: true },
    });
  }

  async function upload(
    descriptor: Wanted,
    open: () => Promise<ReadableStream<Uint8Array>>,
  ): Promise<void> {
    const begun = await send(descriptor, { method: "POST", path: `${name.path}/blobs/uploads/` });
    let url = locationOf(begun, descriptor);
    let bytes = new Uint8Array();
    if (descriptor.size <= LARGEST_PIECE) bytes = await new Response(await open()).bytes();
    else {
      // The runtime sends a stream without its length, which PATCH allows and PUT needn't.
      const part = { method: "PATCH", path: url.href, body: open } as const;
      url = locationOf(await sendPart(descriptor, part), descriptor);
    }
    url.searchParams.append("digest", descriptor.digest);
    await sendPart(descriptor, { method: "PUT", path: url.href, body: () => bytes });
  }

  return {
    has,
    mount(descriptor, fromPath) {
      const query = new URLSearchParams({ mount: descriptor.digest, from: fromPath });
      return repeated(client, async () => {
        const { status } = await send(descriptor, {
          method: "POST",
          path: `${name.path}/blobs/uploads/?${query}`,
          scopes: [scope, `repository:${fromPath}:pull`],
          expects: [401, 403, 404, 405],
        });
        return status === 201;
      });
    },
    putBlob(descriptor, open) {
      return repeated(client, async (isFirst) => {
        // The answer alone may have been lost.
        if (!isFirst && await has(descriptor)) return;
        await upload(descriptor, open);
      });
    },
    putManifest(descriptor, bytes, tag) {
      const { mediaType, digest } = descriptor;
      return repeated(client, async () => {
        const { headers } = await send(descriptor, {
          ...tag && { shown: `${repositoryName(name)}:${tag}` },
          method: "PUT",
          path: `${name.path}/manifests/${tag || digest}`,
          headers: { "content-type": mediaType },
          body: () => bytes,
        });
        const stored = headers.get("docker-content-digest");
        if (stored === null || stored === digest) return;
        const problem = `the registry has stored ${JSON.stringify(stored)} instead`;
        throw failed(`${repositoryName(name)}@${digest}`, problem, "corrupt");
      });
    },
  };
}
