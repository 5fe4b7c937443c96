import type { Source } from "../http2/source.ts";
import { SendQueue } from "../http2/send_queue.ts";
import type { Compression } from "./compression.ts";
import { EnvelopeReader, PREFIX, writePrefix } from "./envelope.ts";
import { HeldBytes } from "./held_bytes.ts";
import { Code, RpcError, rpcErrorOf } from "./status.ts";
import type { MessageStream } from "./call.ts";

/** Heads from this size on are copied before they are queued, because the queue would keep them. */
const QUEUE_KEEPS = 4096;

const NOTHING = new Uint8Array(0);

type OnMessage = (message: Uint8Array) => void | Promise<void>;

/**
 * The messages of one HTTP/2 stream, both ways: the common part of client and server calls.
 *
 * Received bytes are credited to the peer's window once they have been read. While there is no
 * receiver, or its promise is pending, the bytes are held (copied), at most one window of them.
 */
export class MessagePipe implements MessageStream {
  /** The source from which the HTTP/2 stream sends. */
  readonly source: Source;
  readonly #queue: SendQueue | undefined;
  readonly #reader = new EnvelopeReader();
  readonly #prefix = new Uint8Array(PREFIX);
  readonly #abort = new AbortController();
  readonly #received = Promise.withResolvers<void>();
  readonly #held = new HeldBytes();
  #onMessage: OnMessage | undefined;
  #busy = true;
  #ended = false;
  #over = false;

  /**
   * @param credit gives received bytes back to the peer's window
   * @param fail called once when this side must end the call: a bad envelope, a receiver that threw
   * @param source sends these bytes instead of what is given to `send`
   * @param compression may compress the messages; the headers of the call must announce that
   */
  constructor(
    private readonly credit: (bytes: number) => void,
    private readonly fail: (error: RpcError) => void,
    source?: Source,
    private readonly compression?: Compression,
  ) {
    this.#queue = source ? undefined : new SendQueue((bytes) => compression?.left(bytes));
    this.source = source ?? this.#queue!;
    this.#received.promise.catch(() => {});
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  send(head: Uint8Array, body?: Uint8Array, taken?: () => void): void {
    const queue = this.#queue;
    if (this.#over || queue === undefined || queue.ended) {
      taken?.();
      return;
    }
    const length = head.length + (body?.length ?? 0);
    const packed = this.compression?.pack(head, body ?? NOTHING);
    const size = packed?.length ?? length;
    // Before the queue has it, because some may leave at once.
    this.compression?.queued(PREFIX + size, PREFIX + length);
    writePrefix(this.#prefix, size, packed !== undefined);
    queue.push(this.#prefix);
    if (packed !== undefined) {
      queue.push(packed);
      taken?.();
      return;
    }
    queue.push(head.length < QUEUE_KEEPS ? head : head.slice());
    if (body) queue.push(body, taken);
    else taken?.();
  }

  /** Ends this side's messages. */
  endSend(): void {
    this.#queue?.end();
  }

  async drained(below: number): Promise<void> {
    if (this.#over) throw this.#abort.signal.reason;
    await this.#queue?.drained(this.compression?.mostWaiting(below) ?? below);
  }

  receive(onMessage: OnMessage): Promise<void> {
    if (this.#onMessage) throw new Error("receive was called twice");
    this.#onMessage = onMessage;
    this.#busy = false;
    this.#deliver();
    return this.#received.promise;
  }

  /** Takes bytes from the wire; they are valid only during the call. */
  data(chunk: Uint8Array): void {
    if (this.#over) return this.credit(chunk.length);
    if (this.#busy) this.#held.push(chunk);
    else this.#held.push(chunk.subarray(this.#parse(chunk)));
  }

  /** The peer will send no more. */
  end(): void {
    this.#ended = true;
    if (!this.#busy) this.#finish();
  }

  /** The call is over. If it ended with an error, pending operations are rejected. */
  close(error?: Error): void {
    if (this.#over) return;
    this.#over = true;
    const reason = error ?? new RpcError(Code.CANCELLED, "the call is over");
    this.#held.clear();
    this.#queue?.fail(reason);
    this.#received.reject(reason);
    this.#abort.abort(reason);
  }

  /** Reads messages from `chunk`, until their receiver is busy; returns how many bytes. */
  #parse(chunk: Uint8Array): number {
    let at = 0;
    try {
      while (at < chunk.length) {
        at = this.#reader.read(chunk, at);
        if (!this.#reader.message) continue;
        const wait = this.#onMessage!(this.#reader.message);
        if (wait === undefined) continue;
        this.#busy = true;
        wait.then(() => this.#resume(), (thrown) => this.#broken(thrown));
        break;
      }
    } catch (thrown) {
      this.#broken(thrown);
    }
    if (at > 0) this.credit(at);
    return at;
  }

  #resume(): void {
    this.#busy = false;
    if (!this.#over) this.#deliver();
  }

  #deliver(): void {
    for (let bytes; !this.#busy && (bytes = this.#held.next()) !== undefined;) {
      this.#held.take(this.#parse(bytes));
    }
    if (!this.#busy && this.#ended) this.#finish();
  }

  #finish(): void {
    if (this.#reader.complete) this.#received.resolve();
    else {this.#broken(
        new RpcError(Code.INTERNAL, "cannot read a message: the stream ended inside it"),
      );}
  }

  #broken(thrown: unknown): void {
    this.#busy = true;
    this.#held.clear();
    this.#received.reject(thrown);
    this.fail(rpcErrorOf(thrown));
  }
}
