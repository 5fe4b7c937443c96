/**
 * The client's side of gRPC over one HTTP/2 connection
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 */
import { after, onAbort } from "../../base/async.ts";
import type { Connection } from "../http2/connection.ts";
import type { Header } from "../http2/hpack.ts";
import type { Stream } from "../http2/stream.ts";
import { Code as Http2Code, Http2Error } from "../http2/errors.ts";
import type { Source } from "../http2/source.ts";
import { decode, type MessageStream, type MethodDefinition, pathOf } from "./call.ts";
import { MessagePipe } from "./message_pipe.ts";
import { first, type Metadata } from "./metadata.ts";
import { Code, NotGrpcError, RpcError, statusOfTrailers } from "./status.ts";

/** Options of a call. */
export interface CallOptions {
  /** Sent with the request, in this order. */
  readonly metadata?: Metadata;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED, here and on the server. */
  readonly timeoutMs?: number;
  /**
   * Sends these bytes, envelopes included, instead of messages given to `send`.
   *
   * @internal
   */
  readonly source?: Source;
}

/** A call under way. */
export interface ClientCall extends MessageStream {
  /** The reply's headers; rejects when the call fails before them. */
  readonly headers: Promise<Metadata>;
  /** Half-close: no more messages follow. */
  endSend(): void;
  /** Ends the call at once; pending operations are rejected with `reason`. */
  cancel(reason?: Error): void;
}

/** Explains the loss of a connection to a user; undefined where the original error is best. */
type Explain = (error: Http2Error) => Error | undefined;

/** Calls over one connection. */
export class Channel {
  readonly #fixed: readonly Header[];

  /**
   * @param authority `:authority` of every request
   * @param userAgent sent with every request
   * @param explain what calls reject with when the connection is lost, where it knows better
   */
  constructor(
    readonly connection: Connection,
    authority: string,
    userAgent: string,
    private readonly explain: Explain = () => undefined,
  ) {
    this.#fixed = [
      [":authority", authority],
      ["te", "trailers"],
      ["content-type", "application/grpc"],
      ["user-agent", userAgent],
    ];
  }

  /** Starts a call. Throws when the connection takes no new one. */
  call(path: string, options: CallOptions = {}): ClientCall {
    const headers = requestHeaders(path, this.#fixed, options);
    try {
      return new Call(this.connection, headers, path, options, this.explain);
    } catch (error) {
      throw error instanceof Http2Error ? callError(path, error, this.explain) : error;
    }
  }

  /** Calls a method with one message each way. */
  async unary<I, O>(
    service: { fullName: string },
    method: MethodDefinition<I, O>,
    request: I,
    options: CallOptions = {},
  ): Promise<O> {
    let reply: O | undefined;
    await this.serverStream(service, method, request, (message) => {
      reply = message;
    }, options);
    if (reply === undefined) {
      throw new RpcError(Code.INTERNAL, `${method.name} was answered OK, but without a message`);
    }
    return reply;
  }

  /** Sends one message and receives any number. Resolves at the end of the answers. */
  async serverStream<I, O>(
    service: { fullName: string },
    method: MethodDefinition<I, O>,
    request: I,
    onMessage: (message: O) => void | Promise<void>,
    options: CallOptions = {},
  ): Promise<void> {
    const call = this.call(pathOf(service, method), options);
    call.send(method.requestType.encode(request).finish());
    call.endSend();
    // The decoder's byte fields are views of its input, which is gone after the call.
    await call.receive((bytes) =>
      onMessage(decode(method.responseType, bytes.slice(), method.name))
    );
  }
}

function requestHeaders(
  path: string,
  fixed: readonly Header[],
  options: CallOptions,
): readonly Header[] {
  const timeout = `${Math.min(Math.ceil(options.timeoutMs ?? 0), 99_999_999)}m`;
  return [
    ...[[":method", "POST"], [":scheme", "http"], [":path", path]] as const,
    ...fixed,
    ...options.timeoutMs === undefined ? [] : [["grpc-timeout", timeout]] as const,
    ...options.metadata ?? [],
  ];
}

class Call implements ClientCall {
  readonly headers: Promise<Metadata>;
  readonly #pipe: MessagePipe;
  readonly #stream: Stream;
  readonly #gotHeaders = Promise.withResolvers<Metadata>();
  readonly #authority: string;
  readonly #release: (() => void)[] = [];
  #status: { error: RpcError | undefined } | undefined;
  #over = false;

  constructor(
    connection: Connection,
    headers: readonly Header[],
    private readonly path: string,
    options: CallOptions,
    private readonly explain: Explain,
  ) {
    this.#authority = first(headers, ":authority") ?? "";
    this.headers = this.#gotHeaders.promise;
    this.headers.catch(() => {});
    this.#pipe = new MessagePipe(
      (bytes) => this.#stream.credit(bytes),
      (error) => this.cancel(error),
      options.source,
    );
    this.#stream = this.#open(connection, headers);
    this.#stream.attach(this.#pipe.source);
    const { signal, timeoutMs } = options;
    if (timeoutMs !== undefined) {
      this.#release.push(after(timeoutMs, () => {
        this.cancel(
          new RpcError(
            Code.DEADLINE_EXCEEDED,
            `${this.path} got no answer within ${timeoutMs} ms`,
          ),
        );
      }));
    }
    if (signal) {
      const listening = onAbort(signal, () => this.cancel(cancelled(signal.reason)));
      this.#release.push(() => listening[Symbol.dispose]());
    }
  }

  get signal(): AbortSignal {
    return this.#pipe.signal;
  }

  send(head: Uint8Array, body?: Uint8Array, taken?: () => void): void {
    this.#pipe.send(head, body, taken);
  }

  endSend(): void {
    this.#pipe.endSend();
  }

  drained(below: number): Promise<void> {
    return this.#pipe.drained(below);
  }

  receive(onMessage: (message: Uint8Array) => void | Promise<void>): Promise<void> {
    return this.#pipe.receive(onMessage);
  }

  cancel(reason: Error = new RpcError(Code.CANCELLED, `${this.path} was cancelled`)): void {
    if (this.#over) return;
    this.#finish(reason);
    this.#stream.reset(Http2Code.CANCEL);
  }

  #open(connection: Connection, headers: readonly Header[]): Stream {
    return connection.openStream(headers, {
      headers: (list, endStream) => this.#onHeaders(list, endStream),
      data: (chunk) => this.#pipe.data(chunk),
      trailers: (list) => this.#onTrailers(list),
      end: () => this.#onEnd(),
      closed: (error) => this.#onClosed(error),
    });
  }

  #onHeaders(headers: readonly Header[], endStream: boolean): void {
    const problem = replyProblem(headers, this.#authority);
    if (problem) return this.cancel(problem);
    this.#gotHeaders.resolve(headers);
    if (endStream) this.#onTrailers(headers);
  }

  #onTrailers(trailers: readonly Header[]): void {
    this.#status = { error: statusOfTrailers(trailers) };
    if (this.#status.error) this.#finish(this.#status.error);
    else this.#pipe.end();
  }

  #onEnd(): void {
    if (this.#status || this.#over) return;
    this.#finish(new RpcError(Code.INTERNAL, `${this.path} ended without a status`));
  }

  #onClosed(error?: Http2Error): void {
    if (this.#status) return this.#settled();
    this.#finish(callError(this.path, error, this.explain));
  }

  #finish(error: Error): void {
    if (this.#over) return;
    this.#settled();
    this.#gotHeaders.reject(error);
    this.#pipe.close(error);
  }

  /** The call ended with OK. Messages may still wait for their receiver; sends are dropped. */
  #settled(): void {
    if (this.#over) return;
    this.#over = true;
    for (const release of this.#release) release();
  }
}

/** An abort's reason as an error. */
function cancelled(reason: unknown): Error {
  return reason instanceof Error ? reason : new RpcError(Code.CANCELLED, String(reason));
}

/** The error for an answer that is not gRPC: a proxy or another server answered at `authority`. */
function replyProblem(headers: Metadata, authority: string): RpcError | undefined {
  const status = first(headers, ":status");
  const type = first(headers, "content-type");
  if (status === "200" && (type === undefined || type.startsWith("application/grpc"))) {
    return undefined;
  }
  // When another HTTP status carries a gRPC status, the gRPC status counts.
  if (first(headers, "grpc-status") !== undefined) return undefined;
  const code = status === "401"
    ? Code.UNAUTHENTICATED
    : status === "403"
    ? Code.PERMISSION_DENIED
    : status === "404"
    ? Code.UNIMPLEMENTED
    : ["429", "502", "503", "504"].includes(status ?? "")
    ? Code.UNAVAILABLE
    : Code.UNKNOWN;
  return new NotGrpcError(
    code,
    `${authority} answered HTTP status ${status} with content type ${type ?? "none"}, not gRPC`,
    {
      hint:
        "a proxy or another server is there: give the address of the daemon's gRPC listener (buildkitd --addr)",
    },
  );
}

/** The error of a call whose stream ended without trailers. */
function callError(path: string, error: Http2Error | undefined, explain: Explain): Error {
  if (!error) return new RpcError(Code.INTERNAL, `${path} ended without a status`);
  // A stream that ended with its connection has the connection's error as its cause.
  const lost = error.cause instanceof Http2Error ? error.cause : undefined;
  if (lost) return explain(lost) ?? new RpcError(Code.UNAVAILABLE, lost.message, { cause: lost });
  const code = error.retryable
    ? Code.UNAVAILABLE
    : error.code === Http2Code.CANCEL
    ? Code.CANCELLED
    : error.code === Http2Code.ENHANCE_YOUR_CALM
    ? Code.RESOURCE_EXHAUSTED
    : Code.INTERNAL;
  return new RpcError(code, error.message, { cause: error });
}
