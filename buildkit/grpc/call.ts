import { errorText } from "../../base/error_text.ts";
import type { Metadata } from "./metadata.ts";
import { Code, RpcError } from "./status.ts";

/** The two functions of a generated message type that calls need. */
interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/** A method as the code generator describes it. */
export interface MethodDefinition<I, O> {
  readonly name: string;
  readonly requestType: Codec<I>;
  readonly requestStream: boolean;
  readonly responseType: Codec<O>;
  readonly responseStream: boolean;
}

/** The request path of a method: `/moby.buildkit.v1.Control/Solve`. */
export function pathOf(service: { fullName: string }, method: { name: string }): string {
  return `/${service.fullName}/${method.name}`;
}

/** The messages of one call, both ways, as bytes; the same for client and server. */
export interface MessageStream {
  /**
   * Queues one message, made of `head` and, after it, `body`. `head` may be reused by the caller as
   * soon as this returns. `body` is kept by reference until `taken` is called.
   * Never throws: what is sent after the end of the call is dropped, and `taken` still called.
   */
  send(head: Uint8Array, body?: Uint8Array, taken?: () => void): void;
  /** Resolves when fewer than `below` bytes wait to be sent; rejects when the call is over. */
  drained(below: number): Promise<void>;
  /**
   * Delivers each message as it arrives. `message` is valid only until `onMessage` returns; later
   * uses need a copy. A returned promise holds further delivery back until it settles. Resolves at
   * the end of the other side's messages. Rejects with the call's error, or with the error that
   * `onMessage` threw. It may be called once.
   */
  receive(onMessage: (message: Uint8Array) => void | Promise<void>): Promise<void>;
  /** Aborted when the call is over before its time: cancelled, reset, connection lost. */
  readonly signal: AbortSignal;
}

/** A call that this side serves. Returning ends it with OK, throwing with the thrown RpcError. */
export interface ServerCall extends MessageStream {
  /**
   * Reports an error to this side's server at once. The handler throws the error later, when the
   * peer's messages were read.
   */
  report(error: unknown): void;
  /** `/package.Service/Method` */
  readonly path: string;
  /** The request's own, in order. */
  readonly metadata: Metadata;
}

/** Serves one method. */
export type Handler = (call: ServerCall) => Promise<void>;

/** A service: its methods by request path. */
export interface Service {
  /** By `/package.Service/Method`. */
  readonly [path: string]: Handler;
}

/** The same methods, with other handlers. */
export function mapHandlers(
  service: Service,
  change: (handler: Handler, path: string) => Handler,
): Service {
  return Object.fromEntries(
    Object.entries(service).map(([path, handler]) => [path, change(handler, path)]),
  );
}

/** Makes a handler of a method that takes one message and answers one. */
export function unary<I, O>(
  method: MethodDefinition<I, O>,
  answer: (request: I, call: ServerCall) => Promise<O> | O,
): Handler {
  return async (call) => {
    let bytes: Uint8Array | undefined;
    await call.receive((message) => {
      bytes = message.slice();
    });
    const request = decode(method.requestType, bytes ?? new Uint8Array(0), method.name);
    call.send(method.responseType.encode(await answer(request, call)).finish());
  };
}

/** Decodes a message. Throws INTERNAL for invalid bytes, as gRPC's peers do. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, method: string): T {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    const reason = errorText(cause);
    throw new RpcError(Code.INTERNAL, `cannot read a message of ${method}: ${reason}`);
  }
}
