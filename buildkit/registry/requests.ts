/** One request to one host of a registry: logged in, tried again where that may help. */
import { after, pause } from "../../base/async.ts";
import type { Authorizer } from "./authorizer.ts";
import type { Connections } from "./connections.ts";
import type { Host } from "./hosts.ts";
import { explainFailure, refusal } from "./explain.ts";
import { RegistryError } from "./registry_error.ts";

/** What a request is to do. */
export interface Ask {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  /** Below `/v2/`; or, of an upload under way, the whole URL. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try. */
  readonly body?: () => Uint8Array | Promise<ReadableStream<Uint8Array>>;
  /** What a token is wanted for. */
  readonly scopes: readonly string[];
  /** Statuses from 400 on that the caller handles. */
  readonly expects?: readonly number[];
  /** For errors: `pull 127.0.0.1:5000/a/b`. */
  readonly doing: string;
}

/** What requests go by. */
export interface Link {
  readonly authorizer: Authorizer;
  readonly connections: Connections;
  readonly signal: AbortSignal;
  /** In milliseconds: how long an answer may take to begin. */
  readonly patience: number;
}

const ATTEMPTS = 5;
/** Milliseconds before a request that was refused for being one too many is sent again. */
const PAUSE = 1000, LONGEST_PAUSE = 10_000;

/**
 * Sends it. Resolves to an answer below 400, or one that was expected. Throws `RegistryError`, or the
 * signal's reason.
 */
export async function ask(link: Link, host: Host, request: Ask): Promise<Response> {
  let refusals = 0;
  let last = 0;
  for (let attempt = 1;; attempt++) {
    const response = await send(link, host, request);
    const { status } = response;
    if (status < 400 || request.expects?.includes(status)) return response;
    const again = attempt < ATTEMPTS && await worthAnother(response);
    if (!again) throw await refusal(response, request, host, link.authorizer);
    await response.body?.cancel();
    last = status;
  }

  async function worthAnother(response: Response): Promise<boolean> {
    const { status, headers } = response;
    if (status === 401) {
      const challenge = headers.get("www-authenticate") ?? "";
      return link.authorizer.learn(host.host, challenge, ++refusals);
    }
    if (status === 429 || status === 408) {
      const seconds = Number(headers.get("retry-after") ?? "");
      if (seconds * 1000 > LONGEST_PAUSE) return false;
      await pause(seconds * 1000 || PAUSE, link.signal);
      return true;
    }
    // What was to be written begins anew (`push.ts`): half of it may be there.
    const reads = request.method === "GET" || request.method === "HEAD";
    return reads && status !== last && (status === 500 || status === 503 || status === 504);
  }
}

async function send(link: Link, host: Host, request: Ask): Promise<Response> {
  const { signal, connections } = link;
  signal.throwIfAborted();
  const late = new AbortController();
  // The answer to a body comes after all of it.
  const stop = request.body === undefined ? after(link.patience, () => late.abort()) : () => {};
  try {
    const authorization = await link.authorizer.header(host.host, request.scopes);
    const body = await request.body?.();
    return await connections.fetch(host, urlOf(host, request), {
      method: request.method,
      headers: {
        "user-agent": "fairlead",
        ...request.headers,
        ...authorization !== undefined && { authorization },
      },
      ...body !== undefined && { body: body as BodyInit },
      signal: AbortSignal.any([signal, late.signal]),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RegistryError) throw error;
    if (late.signal.aborted) {
      throw new RegistryError(
        `${request.doing}: no answer from ${host.host} within ${link.patience / 1000} s`,
        {
          ...{ host: host.host, code: "unreachable" },
          hint: "check that the registry is up, and that no firewall or proxy drops the connection",
        },
      );
    }
    throw explainFailure(error, request, host);
  } finally {
    stop();
  }
}

function urlOf(host: Host, { path }: Ask): string {
  if (/^https?:\/\//.test(path)) return path;
  const url = `${host.origin}/v2/${path}`;
  if (host.namespace === undefined) return url;
  return `${url}${url.includes("?") ? "&" : "?"}ns=${encodeURIComponent(host.namespace)}`;
}
