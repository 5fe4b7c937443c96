/**
 * The server's side of gRPC over one HTTP/2 connection: the daemon calls back through the session.
 */
import { after } from "../../base/async.ts";
import type { Header } from "../http2/hpack.ts";
import type { OnStream } from "../http2/incoming.ts";
import type { Stream, StreamHandler } from "../http2/stream.ts";
import type { Http2Error } from "../http2/errors.ts";
import { acceptsGzip, type Compression } from "./compression.ts";
import type { Handler, ServerCall, Service } from "./call.ts";
import { MessagePipe } from "./message_pipe.ts";
import { first, type Metadata } from "./metadata.ts";
import { Code, RpcError, rpcErrorOf, trailersOfStatus } from "./status.ts";

const REPLY_HEADERS: readonly Header[] = [[":status", "200"], ["content-type", "application/grpc"]];
/** Messages may be compressed: each says whether it is. */
const GZIP_HEADERS: readonly Header[] = [...REPLY_HEADERS, ["grpc-encoding", "gzip"]];

/**
 * Makes what a connection in the server's role calls for each new stream, from the services that
 * the other side may use.
 * @param onError is called once for every failed call, before its status is sent
 * @param compression of messages to peers that announce gzip; by default none
 */
export function serve(
  services: readonly Service[],
  onError: (path: string, error: RpcError) => void = () => {},
  compression?: Compression,
): OnStream {
  const handlers = new Map<string, Handler>();
  for (const service of services) {
    for (const [path, handler] of Object.entries(service)) {
      if (handlers.has(path)) throw new Error(`${path} is served twice`);
      handlers.set(path, handler);
    }
  }
  return (stream, headers) => new Call(stream, headers, handlers, onError, compression).handler;
}

class Call implements ServerCall {
  readonly path: string;
  readonly metadata: Metadata;
  /** Receives the events of the HTTP/2 stream. */
  readonly handler: StreamHandler = {
    data: (chunk) => this.#pipe.data(chunk),
    end: () => this.#pipe.end(),
    closed: (error) => this.#onClosed(error),
  };
  readonly #pipe: MessagePipe;
  readonly #compression: Compression | undefined;
  #replied = false;
  #reported = false;
  #stopTimer: (() => void) | undefined;

  constructor(
    private readonly stream: Stream,
    headers: readonly Header[],
    handlers: ReadonlyMap<string, Handler>,
    private readonly onError: (path: string, error: RpcError) => void,
    compression: Compression | undefined,
  ) {
    this.path = first(headers, ":path") ?? "";
    this.metadata = headers;
    this.#compression = acceptsGzip(headers) ? compression : undefined;
    this.#pipe = new MessagePipe(
      (bytes) => stream.credit(bytes),
      (error) => this.#pipe.close(error),
      undefined,
      this.#compression,
    );
    const timeout = timeoutOf(first(headers, "grpc-timeout"));
    if (timeout !== undefined) {
      this.#stopTimer = after(timeout, () => {
        this.#pipe.close(new RpcError(Code.DEADLINE_EXCEEDED, `${this.path} passed its deadline`));
      });
    }
    this.#run(handlers.get(this.path));
  }

  get signal(): AbortSignal {
    return this.#pipe.signal;
  }

  send(head: Uint8Array, body?: Uint8Array, taken?: () => void): void {
    this.#reply();
    this.#pipe.send(head, body, taken);
  }

  report(error: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    this.onError(this.path, rpcErrorOf(error));
  }

  drained(below: number): Promise<void> {
    return this.#pipe.drained(below);
  }

  receive(onMessage: (message: Uint8Array) => void | Promise<void>): Promise<void> {
    return this.#pipe.receive(onMessage);
  }

  #onClosed(error?: Http2Error): void {
    this.#stopTimer?.();
    this.#pipe.close(
      error && new RpcError(
        error.streamId === undefined ? Code.UNAVAILABLE : Code.CANCELLED,
        error.message,
        { cause: error },
      ),
    );
  }

  async #run(handler: Handler | undefined): Promise<void> {
    let error: RpcError | undefined;
    try {
      if (!handler) throw new RpcError(Code.UNIMPLEMENTED, `${this.path} is not served here`);
      await handler(this);
    } catch (thrown) {
      error = rpcErrorOf(thrown);
      this.report(thrown);
    }
    this.#stopTimer?.();
    this.#reply();
    this.stream.sendTrailers(trailersOfStatus(error));
  }

  #reply(): void {
    if (this.#replied) return;
    this.#replied = true;
    this.stream.sendHeaders(this.#compression === undefined ? REPLY_HEADERS : GZIP_HEADERS);
    this.stream.attach(this.#pipe.source);
  }
}

const UNITS: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** `grpc-timeout` (eight digits and a unit) in milliseconds; undefined for none or a wrong one. */
function timeoutOf(value: string | undefined): number | undefined {
  const match = value?.match(/^(\d{1,8})([HMSmun])$/);
  if (!match) return undefined;
  return Math.min(Number(match[1]) * UNITS[match[2]!]!, 2 ** 31 - 1);
}
