/**
 * The Kubernetes API: HTTP/1.1, one connection for each request. A refusal has a `metav1.Status`:
 *
 *     {"kind":"Status","status":"Failure","message":…,"reason":"Forbidden","code":403}
 */
import { errorText } from "../../base/error_text.ts";
import { maybe } from "../../base/maybe.ts";
import { fieldsOf } from "../../base/json.ts";
import { onAbort } from "../../base/async.ts";
import {
  HttpError,
  type HttpExchange,
  type HttpHead,
  readText,
  startExchange,
} from "../net/http1.ts";
import { type KubeTarget } from "./config/config.ts";
import { credentialsOf, type KubeCredentials } from "./config/credentials.ts";
import { pem } from "./config/pem.ts";
import { textsIn } from "./values.ts";
import { connectByProxy, proxyFor } from "./proxy.ts";
import { connectTcp } from "../net/tcp_connect.ts";
import { type ByteStream, streamOf } from "../byte_stream.ts";
import { DialError } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** A request. An upgrade is a GET: a browser can upgrade no other way. */
interface KubeRequest extends KubeChange {
  /** The escaped path and query, appended to the path of the server's URL. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly upgrade?: string;
}

/** The part of a request that changes objects; a request without it reads. */
export interface KubeChange {
  /** Default: GET. */
  readonly method?: "POST" | "PUT" | "PATCH" | "DELETE";
  /** An object, sent as JSON; a merge patch with PATCH. */
  readonly body?: object;
}

/** An answer of which only the head has been read. */
interface KubeAnswer {
  readonly head: HttpHead;
  readonly http: HttpExchange;
  readonly stream: ByteStream;
}

/** The server, or a proxy in front of it, refused a request. */
export class KubeRefusal extends Error {
  override readonly name = "KubeRefusal";
  constructor(
    message: string,
    readonly status: number,
    /** The `reason` of a `Status`: `Forbidden`, `NotFound`, …; undefined without a `Status`. */
    readonly reason: string | undefined,
    /** The credentials of the request, in words. */
    readonly shown: string,
    /** The answer's `Server` header: `nginx`. */
    readonly by: string | undefined,
    /** The path of the request, without the query. */
    readonly path: string,
  ) {
    super(message);
  }
}

/** The longest part of a refusal's body that is read, in characters. */
const LONGEST_REFUSAL = 64 << 10;
/** The longest list of pods, in characters. */
const LONGEST_JSON = 32 << 20;

/**
 * Sends a request and returns the answer, whose status is below 300. The signal ends the call only
 * until then. When the server answers 401 to a plugin's credential, the plugin runs once more.
 * Throws `KubeRefusal`, `KubeConfigError`, `DialError`, or the signal's reason.
 */
export async function callKube(
  target: KubeTarget,
  request: KubeRequest,
  endpoint: string,
  context: DialContext,
): Promise<KubeAnswer> {
  const credentials = await credentialsOf(target, context);
  try {
    return await callAs(credentials, target, request, endpoint, context);
  } catch (error) {
    const { forget } = credentials;
    if (!(error instanceof KubeRefusal && error.status === 401) || !forget) throw error;
    forget();
    const anew = await credentialsOf(target, context);
    return await callAs(anew, target, request, endpoint, context);
  }
}

/** Reads an object, or makes a change and reads its answer. Throws as `callKube`. */
export async function askKube(
  target: KubeTarget,
  path: string,
  endpoint: string,
  context: DialContext,
  change: KubeChange = {},
): Promise<unknown> {
  return (await askKubeNow(target, path, endpoint, context, change)).value;
}

/** Reads an object, and the time of the `Date` header (else ours), in milliseconds since 1970. */
export async function askKubeNow(
  target: KubeTarget,
  path: string,
  endpoint: string,
  context: DialContext,
  change: KubeChange = {},
): Promise<{ value: unknown; now: number }> {
  const { signal } = context;
  const { head, http, stream } = await callKube(target, { path, ...change }, endpoint, context);
  using _ = onAbort(signal, () => stream.close());
  try {
    signal.throwIfAborted();
    const date = Date.parse(head.headers.get("date") ?? "");
    const now = Number.isNaN(date) ? Date.now() : date;
    return { value: JSON.parse(await readText(http, LONGEST_JSON)), now };
  } catch (error) {
    signal.throwIfAborted();
    throw broken(target, endpoint, error);
  } finally {
    stream.close();
  }
}

async function callAs(
  credentials: KubeCredentials,
  target: KubeTarget,
  request: KubeRequest,
  endpoint: string,
  context: DialContext,
): Promise<KubeAnswer> {
  const url = new URL(target.server);
  const stream = await connect(credentials, target, url, endpoint, context);
  using _ = onAbort(context.signal, () => stream.close());
  try {
    context.signal.throwIfAborted();
    if (request.upgrade !== undefined) context.step("upgrade", request.path.split("?", 1)[0]);
    const { method = "GET", body } = request;
    const kind = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const http = await startExchange(stream, {
      method,
      path: url.pathname.replace(/\/$/, "") + request.path,
      host: url.host,
      headers: {
        Accept: "application/json, */*",
        ...body && { "Content-Type": kind },
        ...credentials.headers,
        ...request.headers,
      },
      ...body && { body: new TextEncoder().encode(JSON.stringify(body)) },
      ...request.upgrade !== undefined && { upgrade: request.upgrade },
    });
    const head = await http.head();
    if (head.status < 300 && (head.status === 101) === (request.upgrade !== undefined)) {
      return { head, http, stream };
    }
    const text = await readText(http, LONGEST_REFUSAL).catch(() => "");
    throw refusal(head, text, credentials.shown, request.path.split("?", 1)[0]!);
  } catch (error) {
    stream.close();
    context.signal.throwIfAborted();
    if (error instanceof KubeRefusal || error instanceof DialError) throw error;
    throw broken(target, endpoint, error);
  }
}

async function connect(
  credentials: KubeCredentials,
  target: KubeTarget,
  url: URL,
  endpoint: string,
  context: DialContext,
): Promise<ByteStream> {
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const to = { host, port: Number(url.port) || (secure ? 443 : 80) };
  const proxy = target.proxy ?? proxyFor(context.env, url);
  const { serverName = host, insecure } = target.tls;
  const ca = secure ? await pem(target.tls.ca) : undefined;
  const { cert, key } = credentials;
  const load = async () => {
    const { checkTls } = await import("../tls/tls.ts");
    return checkTls({ ca, cert, key, insecure }, endpoint, context);
  };
  try {
    if (secure && proxy === undefined && !insecure) {
      const { overOwnTls } = await import("../tls/own_tls.ts");
      const { connectTls } = await import("../tls/tls_connect.ts");
      const connection = await overOwnTls({
        endpoint,
        host: serverName,
        protocol: "http/1.1",
        texts: { ca: ca?.text, cert: cert?.text, key: key?.text },
        load,
        open: (own) => connectTls(to, endpoint, own, context),
      }, context);
      if (connection !== undefined) return connection.stream;
    }
    const open = async () =>
      proxy === undefined
        ? streamOf(await connectTcp(to, endpoint, context))
        : await connectByProxy(proxy, to, endpoint, context);
    if (!secure) return await open();
    const { openTls } = await import("../tls/tls.ts");
    const use = { ...await load(), protocol: "http/1.1" };
    return await openTls(await open(), open, use, serverName, endpoint, context);
  } catch (error) {
    throw error instanceof DialError ? ofServer(target, endpoint, error) : error;
  }
}

const POD_TLS_HINT =
  "the account's ca.crt must be this cluster's, and KUBERNETES_SERVICE_HOST its server";

/** Hints for TLS errors, by the error's text; they name the fields of a kubeconfig. */
const TLS_HINTS: readonly (readonly [RegExp, string])[] = [
  [/the credentials by/, "check the output of the user's exec plugin"],
  [/client certificate .*expired/, "renew client-certificate(-data) of the user"],
  [/client-certificate|client-key/, "check client-certificate(-data) and client-key(-data) there"],
  [
    /is signed by|different key|certificate-authority/,
    "check certificate-authority(-data) of the cluster",
  ],
  [
    / is valid for .*, not for |(?:so it|which) is not valid for /,
    "use a name for which the certificate is valid as server, or as tls-server-name of the cluster",
  ],
  [/client certificate/, "check client-certificate(-data) of the user, or get a new kubeconfig"],
];

/** Turns an error of `connect` into one that names the API server. */
function ofServer(target: KubeTarget, endpoint: string, error: DialError): DialError {
  const problem = error.problem.replaceAll("the daemon", "the API server");
  const hint = error.step === "tls" && target.inPod
    ? POD_TLS_HINT
    : error.step === "tls"
    ? TLS_HINTS.find(([pattern]) => pattern.test(problem))?.[1] ?? "check the cluster's server"
    : /^the proxy/.test(problem)
    ? error.hint
    : "check that the cluster is up and can be reached from here";
  const { step, code, retryable, cause } = error;
  return new DialError(
    `the API server ${target.server} can't be reached: ${problem}`,
    { endpoint, step, code, retryable, cause, hint: `${hint} (${target.shown})` },
  );
}

function refusal(head: HttpHead, text: string, shown: string, path: string): KubeRefusal {
  // A proxy in front of the server, or the kubelet behind it, answers in plain text.
  const plain = { message: text.trim().split("\n", 1)[0]!.slice(0, 200), reason: undefined };
  const status = fieldsOf(maybe(() => JSON.parse(text)));
  const { message, reason } = status.kind === "Status"
    ? { message: "", reason: "", ...textsIn(status, "message", "reason") }
    : plain;
  const said = message === "" || /^<|<html/i.test(message) ? head.line : message;
  return new KubeRefusal(said, head.status, reason, shown, head.headers.get("server"), path);
}

function broken({ server }: KubeTarget, endpoint: string, cause: unknown): DialError {
  const problem = cause instanceof HttpError || cause instanceof SyntaxError
    ? `${server} doesn't answer as an API server: ${cause.message}`
    : `the connection to ${server} broke: ${errorText(cause)}`;
  return cause instanceof DialError ? cause : new DialError(problem, {
    endpoint,
    step: "connect",
    code: "unreachable",
    hint: "check the cluster's server in the kubeconfig",
    retryable: true,
    cause,
  });
}
