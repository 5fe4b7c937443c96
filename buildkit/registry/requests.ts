/** One request to one host of a registry, with the login, redirects and a time limit. */
import { after } from "../../base/async.ts";
import type { Authorizer } from "./authorizer.ts";
import type { Connections } from "./connections.ts";
import { brokenRedirect, explainFailure, noAnswer, refusal } from "./explain.ts";
import type { Host } from "./hosts.ts";
import { RegistryError } from "./registry_error.ts";
import { mayCarryLogin, targetProblem } from "./targets.ts";

/** A request, without the host. */
export interface Ask {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  /** A path below `/v2/`, or the whole URL of an upload under way. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called again for each time that the request is sent. */
  readonly body?: () => Uint8Array | Promise<ReadableStream<Uint8Array>>;
  /** The scopes that a token must allow. */
  readonly scopes: readonly string[];
  /** Statuses from 400 on that the caller handles. */
  readonly expects?: readonly number[];
  /** The content as errors name it: `127.0.0.1:5000/a/b@sha256:…`. */
  readonly shown: string;
}

/** The state that the requests of one client share. */
export interface Client {
  readonly authorizer: Authorizer;
  readonly connections: Connections;
  readonly signal: AbortSignal;
  /** How long an answer may take to begin, and data to go on, in milliseconds. */
  readonly patience: number;
  /** Hosts that have answered before. One that now refuses a connection may be starting anew. */
  readonly answered: Set<string>;
  /** Runs requests without a body, so many at a time. */
  readonly turns: <T>(work: () => Promise<T>) => Promise<T>;
}

const MOST_REDIRECTS = 10;
/** The slowest line on which an upload of known length is waited for, in bytes a millisecond. */
const SLOWEST = 32;
/**
 * How much longer than other answers the answer to a streamed upload may take: blobs are checked.
 */
const AFTER_UPLOAD = 5;

/**
 * Sends a request once; a login that the registry asks for is added. Resolves to an answer below
 * 400, or one that was expected. Throws `RegistryError`, or the signal's reason.
 */
export async function ask(client: Client, host: Host, request: Ask): Promise<Response> {
  for (let refusals = 1;; refusals++) {
    const sent = () => sendOn(client, host, request);
    // The body of another request may be the answer to a further one, which would wait for its
    // turn.
    const response = request.body === undefined ? await client.turns(sent) : await sent();
    const { status, headers } = response;
    client.answered.add(host.host);
    if (status < 400 || request.expects?.includes(status)) return response;
    const challenge = status === 401 && comesFrom(host, response)
      ? headers.get("www-authenticate") ?? ""
      : "";
    if (!client.authorizer.learn(host, challenge, refusals)) {
      throw await refusal(response, request, host, client);
    }
    await response.body?.cancel();
  }
}

function comesFrom(host: Host, { url }: Response): boolean {
  return url === "" || new URL(url).origin === host.origin;
}

/** Follows redirects; the login is sent only to its own host. */
async function sendOn(client: Client, host: Host, request: Ask): Promise<Response> {
  let url = new URL(urlOf(host, request));
  let problem = targetProblem(host.origin, url);
  for (let redirects = 0;; redirects++) {
    if (problem !== undefined) throw brokenRedirect(problem, request, host);
    const response = await send(client, host, request, url);
    const location = redirectOf(response, request);
    if (location === undefined) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
    problem = next === undefined
      ? `to something that is not a URL: ${JSON.stringify(location.slice(0, 100))}`
      : redirects === MOST_REDIRECTS
      ? `more than ${MOST_REDIRECTS} times`
      : targetProblem(host.origin, next);
    url = next ?? url;
  }
}

/**
 * The location of a redirect that keeps the method: every one of a GET, 307 and 308 of the others.
 */
function redirectOf({ status, headers }: Response, { method }: Ask): string | undefined {
  const reads = method === "GET" || method === "HEAD";
  const redirects = reads ? [301, 302, 303, 307, 308] : [307, 308];
  return redirects.includes(status) ? headers.get("location") ?? undefined : undefined;
}

async function send(client: Client, host: Host, request: Ask, url: URL): Promise<Response> {
  const { signal, connections, patience } = client;
  signal.throwIfAborted();
  const late = new AbortController();
  let stop = () => {};
  const wait = (ms: number) => {
    stop();
    stop = after(ms, () => late.abort());
  };
  /** The source of a streamed body may fail, too. Its own error says more than the connection's. */
  let failure: { error: unknown } | undefined;
  async function* watched(stream: ReadableStream<Uint8Array>) {
    try {
      for await (const chunk of stream) {
        wait(patience);
        yield chunk;
      }
      wait(patience * AFTER_UPLOAD);
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  try {
    const authorization = mayCarryLogin(host.origin, url)
      ? await client.authorizer.header(host, request.scopes)
      : undefined;
    const body = await request.body?.();
    wait(patience + (body instanceof Uint8Array ? body.length / SLOWEST : 0));
    return await connections.fetch(host, url.href, {
      method: request.method,
      headers: {
        "user-agent": "fairlead",
        ...request.headers,
        ...authorization !== undefined && { authorization },
      },
      ...body !== undefined && {
        body: (body instanceof Uint8Array ? body : ReadableStream.from(watched(body))) as BodyInit,
      },
      redirect: "manual",
      signal: AbortSignal.any([signal, late.signal]),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RegistryError) throw error;
    if (failure !== undefined) throw failure.error;
    if (late.signal.aborted) throw noAnswer(request, host, patience);
    throw explainFailure(error, request, host, client.answered.has(host.host));
  } finally {
    stop();
  }
}

function urlOf(host: Host, { path }: Ask): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return path;
  const url = `${host.origin}/${host.root}/${path}`;
  if (host.namespace === undefined) return url;
  return `${url}${url.includes("?") ? "&" : "?"}ns=${encodeURIComponent(host.namespace)}`;
}
