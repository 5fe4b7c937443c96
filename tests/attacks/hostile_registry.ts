/** A registry that answers as an attack says, and an honest registry that records its requests. */
import { sha256Of } from "../../buildkit/registry/digest.ts";
import { mediaTypes } from "../../buildkit/registry/descriptor.ts";

export type Handler = (
  request: Request,
  url: URL,
) => Response | undefined | Promise<Response | undefined>;

export interface Blob {
  readonly descriptor: { mediaType: string; digest: string; size: number };
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export async function content(mediaType: string, value: unknown): Promise<Blob> {
  const bytes = value instanceof Uint8Array
    ? new Uint8Array(value)
    : new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  return { descriptor: { mediaType, digest: await sha256Of(bytes), size: bytes.length }, bytes };
}

export interface HostileRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Each request: `GET /v2/…`, and its login. */
  readonly seen: { readonly request: string; readonly login: string | null }[];
  /** Serves content by its digest, and the manifest that is asked for by tag. */
  serve(contents: readonly Blob[], top?: Blob): void;
}

/** @param attack answers first; where it gives undefined, the registry is an ordinary one */
export function hostileRegistry(attack: Handler = () => undefined): HostileRegistry {
  const contents = new Map<string, Blob>();
  const seen: { request: string; login: string | null }[] = [];
  let top: Blob | undefined;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const login = request.headers.get("authorization");
    seen.push({ request: `${request.method} ${url.pathname}${url.search}`, login });
    const answer = await attack(request, url);
    if (answer !== undefined) return answer;
    await request.body?.cancel();
    return ordinary(request.method, url);
  });

  function ordinary(method: string, { pathname, searchParams }: URL): Response {
    const [, kind, last = ""] = /\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    if (method === "POST") {
      return new Response(null, { status: 202, headers: { location: "/v2/a/blobs/uploads/1" } });
    }
    if (method === "PATCH") {
      return new Response(null, { status: 202, headers: { location: "/v2/a/blobs/uploads/1" } });
    }
    if (method === "PUT") return new Response(null, { status: 201 });
    const blob = contents.get(last) ??
      (kind === "manifests" && !last.startsWith("sha256") ? top : undefined);
    if (blob === undefined || searchParams.has("digest")) return new Response("", { status: 404 });
    const { mediaType, digest, size } = blob.descriptor;
    const headers = {
      ...{ "content-type": mediaType, "docker-content-digest": digest },
      "content-length": String(size),
    };
    return new Response(method === "HEAD" ? null : blob.bytes, { headers });
  }

  return {
    host: `127.0.0.1:${server.addr.port}`,
    seen,
    serve(all, named) {
      for (const blob of all) contents.set(blob.descriptor.digest, blob);
      top = named ?? all.at(-1);
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

/** An image of one platform, as its parts with the manifest at the end. */
export async function image(changes: Record<string, unknown> = {}): Promise<Blob[]> {
  const config = await content("application/vnd.oci.image.config.v1+json", {
    ...{ architecture: "amd64", os: "linux", config: {} },
    rootfs: { type: "layers", diff_ids: [] },
  });
  const layer = await content("application/vnd.oci.image.layer.v1.tar", "a layer");
  const manifest = await content(mediaTypes.ociManifest, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest },
    ...{ config: config.descriptor, layers: [layer.descriptor] },
    ...changes,
  });
  return [config, layer, manifest];
}

/** An index of manifests. */
export async function index(
  manifests: unknown,
  changes: Record<string, unknown> = {},
): Promise<Blob> {
  return await content(mediaTypes.ociIndex, {
    ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests },
    ...changes,
  });
}
