/**
 * Asks a daemon about sources, outside of a build: one internal build stays open for all questions.
 */
import type { Client } from "../buildkit/client.ts";
import { type Gateway, withGateway } from "../buildkit/gateway.ts";
import type { Service } from "../buildkit/grpc/call.ts";
import { dockerfileRequest } from "../buildkit/solve_request.ts";
import type { StatusResponse } from "../proto/gen/control_types.ts";
import type { ResolveSourceMetaResponse } from "../proto/gen/gateway.ts";
import { type MetaRequest, metaRequest } from "./source_meta.ts";
import { sourceDefinition } from "../buildkit/step_definition.ts";
import { refOf } from "../buildkit/result.ts";

export interface SourceResolver extends AsyncDisposable {
  /** Rejects with the daemon's error. */
  resolve(request: MetaRequest): Promise<ResolveSourceMetaResponse>;
  /**
   * Lets the daemon download a file, and returns its first `limit` bytes. Rejects with its error.
   */
  download(url: string, options: DownloadOptions): Promise<Uint8Array>;
}

export interface DownloadOptions {
  /** The header Accept. */
  readonly accept?: string;
  /** The step's name in the progress. */
  readonly title: string;
  readonly limit: number;
}

/** Opens an internal build with the first question; disposing of the resolver ends the build. */
export function sourceResolver(client: Client, { services, onStatus, signal }: {
  /** The session services that the daemon may call: logins, secrets, ssh agents. */
  readonly services: readonly Service[];
  readonly onStatus: (status: StatusResponse) => void;
  readonly signal: AbortSignal;
}): SourceResolver {
  const over = Promise.withResolvers<void>();
  let opening: Promise<Gateway> | undefined;
  let build: Promise<unknown> | undefined;
  function open(): Promise<Gateway> {
    const opened = Promise.withResolvers<Gateway>();
    const request = { ...dockerfileRequest({}), FrontendAttrs: {}, Internal: true };
    build = withGateway(client, request, { services, onStatus, signal }, async (gateway) => {
      opened.resolve(gateway);
      await over.promise;
      return { result: { result: undefined, metadata: {} }, value: undefined };
    });
    build.catch(opened.reject);
    return opened.promise;
  }
  return {
    async resolve(request) {
      const gateway = await (opening ??= open());
      return await gateway.resolveSourceMeta(metaRequest(request));
    },
    async download(url, { accept, title, limit }) {
      const gateway = await (opening ??= open());
      const name = "download";
      const header = accept !== undefined && { "http.header.accept": accept };
      const source = { identifier: url, attrs: { "http.filename": name, ...header } };
      const capabilities = ["source.http", ...header ? ["source.http.header"] : []];
      const Definition = await sourceDefinition(source, title, capabilities);
      const ref = refOf(await gateway.solve({ Definition }));
      return await gateway.files(ref).readFile(name, { length: limit });
    },
    async [Symbol.asyncDispose]() {
      over.resolve();
      await build?.catch(() => {});
    },
  };
}
