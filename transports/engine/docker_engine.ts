/**
 * The Docker Engine API: HTTP/1.1 over a socket, a pipe, TCP or ssh, one connection for each
 * request. Paths have no version, which means the engine's own. Podman's service has the same API.
 */
import { errorText } from "../../base/error_text.ts";
import { fieldsOf } from "../../base/json.ts";
import { maybe } from "../../base/maybe.ts";
import { onAbort } from "../../base/async.ts";
import {
  HttpError,
  type HttpExchange,
  type HttpHead,
  type HttpRequest,
  readText,
  startExchange,
} from "../net/http1.ts";
import { connectTcp } from "../net/tcp_connect.ts";
import { type ByteStream, streamOf } from "../byte_stream.ts";
import { DialError, EndpointError } from "../errors.ts";
import type { TlsOptions } from "../dial.ts";
import type { DialContext } from "../transport.ts";
import { npipe } from "../schemes/npipe.ts";
import { ssh } from "../schemes/ssh.ts";
import { tcp } from "../schemes/tcp.ts";
import { unix } from "../schemes/unix.ts";

/** The address of an engine, in the form of docker's contexts and environment. */
export interface EngineEndpoint {
  /** `unix:///var/run/docker.sock`, `tcp://HOST:PORT`, `ssh://…`, `npipe://…`. */
  readonly host: string;
  /** The TLS files that exist; undefined without TLS. */
  readonly tls?: EngineTls | undefined;
}

/** The TLS options of an engine. */
export interface EngineTls extends Omit<TlsOptions, "servername"> {
  readonly skipVerify: boolean;
}

/** A request to an engine. */
export interface EngineRequest {
  readonly method: "GET" | "POST" | "PUT" | "HEAD" | "DELETE";
  /** The escaped path and query: `/images/load?quiet=0`. */
  readonly path: string;
  readonly headers?: NonNullable<HttpRequest["headers"]>;
  /** Bytes, or a value that is sent as JSON; `stream` for a body that is written afterwards. */
  readonly body?: object | Uint8Array | "stream";
  /** The protocol of an upgrade: `tcp`, `h2c`. */
  readonly upgrade?: string;
}

/** A request that has been sent. Closing its stream ends the request. */
export interface EngineCall {
  readonly http: HttpExchange;
  readonly stream: ByteStream;
}

/** The engine answered a request with an error. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** @param status the HTTP status */
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

/** The longest part of an error's body that is read, in bytes. */
const LONGEST_ERROR = 64 << 10;
/** The longest JSON answer, in bytes. */
const LONGEST_JSON = 16 << 20;

/**
 * Connects and sends a request's head. The signal ends the call at any time, also after the answer.
 * Throws `DialError`, or the signal's reason.
 */
export async function callEngine(
  endpoint: EngineEndpoint,
  request: EngineRequest,
  context: DialContext,
): Promise<EngineCall> {
  const stream = await connect(endpoint, context);
  const closing = onAbort(context.signal, () => stream.close());
  try {
    const { body } = request;
    const isJson = typeof body === "object" && !(body instanceof Uint8Array);
    const bytes = isJson ? new TextEncoder().encode(JSON.stringify(body)) : body;
    const http = await startExchange(stream, {
      method: request.method,
      path: request.path,
      host: "docker",
      headers: { ...isJson && JSON_TYPE, ...request.headers },
      ...bytes && { body: bytes as Uint8Array | "stream" },
      ...request.upgrade !== undefined && { upgrade: request.upgrade },
    });
    return {
      http,
      stream: {
        ...stream,
        close() {
          closing[Symbol.dispose]();
          stream.close();
        },
      },
    };
  } catch (error) {
    closing[Symbol.dispose]();
    stream.close();
    context.signal.throwIfAborted();
    throw broken(endpoint, error);
  }
}

/** The hint for TLS errors: where docker's certificates are. */
export const TLS_FILES =
  "docker's certificates are ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH " +
  "(with DOCKER_TLS_VERIFY=1), or those of the docker context";

const JSON_TYPE = { "Content-Type": "application/json" };

/** Reads the head of the answer; throws `EngineError` when it is a refusal. */
export async function answerOf(
  { http }: EngineCall,
  endpoint: EngineEndpoint,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<HttpHead> {
  let head: HttpHead;
  let text = "";
  try {
    head = await http.head();
    if (head.status < 400) return head;
    // An engine that refuses may close the connection before it has read the whole request.
    text = await readText(http, LONGEST_ERROR, true);
  } catch (error) {
    signal.throwIfAborted();
    throw broken(endpoint, error);
  }
  if (/HTTP request to an HTTPS server/.test(text)) {
    throw misplaced(
      endpoint.host,
      "it expects TLS, but the connection was not encrypted",
      TLS_FILES,
    );
  }
  const path = request.path.split("?", 1)[0];
  throw new EngineError(
    `docker engine ${endpoint.host} refused ${request.method} ${path}: ${
      messageOf(text) || head.line
    }`,
    head.status,
  );
}

/** Asks for a JSON answer. Throws `DialError`, `EngineError`, or the signal's reason. */
export async function askEngine(
  endpoint: EngineEndpoint,
  request: EngineRequest,
  context: DialContext,
): Promise<unknown> {
  const call = await callEngine(endpoint, request, context);
  try {
    await answerOf(call, endpoint, request, context.signal);
    const text = await readText(call.http, LONGEST_JSON);
    return text.trim() === "" ? undefined : JSON.parse(text);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof EngineError || error instanceof DialError) throw error;
    throw broken(endpoint, error);
  } finally {
    call.stream.close();
  }
}

/**
 * Sends the request and waits for the upgrade. Bytes after the answer's head belong to the stream.
 * An engine that doesn't upgrade answers 200, and the connection becomes the stream all the same.
 * Throws `DialError`, `EngineError`, or the signal's reason; `context.signal` ends the stream, too.
 */
export async function upgradeEngine(
  engine: EngineEndpoint,
  request: EngineRequest & { readonly upgrade: string },
  context: DialContext,
): Promise<ByteStream> {
  const call = await callEngine(engine, request, context);
  context.step("upgrade", engine.host);
  try {
    await answerOf(call, engine, request, context.signal);
  } catch (error) {
    call.stream.close();
    throw error;
  }
  return { ...call.http.upgraded(), close: () => call.stream.close() };
}

async function connect(endpoint: EngineEndpoint, context: DialContext): Promise<ByteStream> {
  const { host } = endpoint;
  try {
    if (host.startsWith("unix://")) return (await unix.dial(unix.parse(host), context)).stream;
    if (host.startsWith("npipe://")) return (await npipe.dial(npipe.parse(host), context)).stream;
    if (host.startsWith("ssh://")) return await connectSsh(host, context);
    if (host.startsWith("tcp://")) return await connectPort(endpoint, context);
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error;
    // The error names the engine's address, because that is wrong, and not the user's endpoint.
    throw misplaced(host, error.problem, error.hint);
  }
  throw misplaced(
    host,
    "docker engines are reached by unix://, tcp://, ssh:// and npipe:// only",
    "set DOCKER_HOST or a docker context to one of these",
  );
}

function misplaced(endpoint: string, problem: string, hint: string): DialError {
  return new DialError(problem, { endpoint, step: "connect", code: "config", hint });
}

async function connectPort(
  { host, tls }: EngineEndpoint,
  context: DialContext,
): Promise<ByteStream> {
  const target = tcp.parse(host.replace(/\/$/, ""));
  const { host: name } = target;
  if (tls && !tls.skipVerify) {
    const { overOwnTls, textsOf } = await import("../tls/own_tls.ts");
    const { connectTls } = await import("../tls/tls_connect.ts");
    const connection = await overOwnTls({
      endpoint: host,
      host: name,
      protocol: "http/1.1",
      texts: textsOf(tls),
      load: async () => await (await import("../tls/tls.ts")).loadTls(tls, host, context),
      open: (own) => connectTls(target, host, own, context),
    }, context);
    if (connection !== undefined) return connection.stream;
  }
  const open = async () => streamOf(await connectTcp(target, host, context));
  if (!tls) return await open();
  if (tls.skipVerify) {
    context.warn?.(
      `the certificate of the docker engine at ${host} is not verified, so another machine may answer; ` +
        "set DOCKER_TLS_VERIFY=1, or make its docker context without skip-tls-verify",
    );
  }
  const { loadTls, openTls } = await import("../tls/tls.ts");
  const files = await loadTls(tls, host, context);
  const how = { protocol: "http/1.1", insecure: tls.skipVerify };
  return await openTls(await open(), open, { ...files, ...how }, name, host, context);
}

/** The socket of an engine on an ssh host, and the command that docker runs there instead. */
const REMOTE_SOCKET = "/var/run/docker.sock";
const REMOTE_COMMAND = "docker system dial-stdio";

async function connectSsh(host: string, context: DialContext): Promise<ByteStream> {
  const spec = ssh.parse(host);
  const { dialSsh, sshTarget } = await import("../ssh/dial.ts");
  const target = await sshTarget(spec, ssh.describe(spec), context);
  return await dialSsh(target, ssh.describe(spec), {
    socket: spec.socket ?? REMOTE_SOCKET,
    command: spec.command ?? REMOTE_COMMAND,
    hint: `check that docker is running there, and that ${target.user} may use it`,
  }, context);
}

function broken({ host }: EngineEndpoint, cause: unknown): DialError {
  // A refused client certificate is such an error: TLS 1.3 reports it at the first read.
  if (cause instanceof DialError) return cause;
  const problem = cause instanceof HttpError
    ? cause.message
    : `the connection broke: ${errorText(cause)}`;
  return new DialError(problem, {
    endpoint: host,
    step: "connect",
    code: "unreachable",
    hint: "check that a docker engine listens there",
    cause,
  });
}

/** Reads the message of an engine's error, `{"message":…}`. */
function messageOf(text: string): string {
  const answer = maybe((): unknown => JSON.parse(text));
  if (answer === undefined) return text.trim().split("\n", 1)[0]!.slice(0, 200);
  const { message } = fieldsOf(answer);
  return typeof message === "string" ? message : "";
}
