/**
 * An HTTP/2 connection (RFC 9113), client or server, that does no I/O. Bytes from the peer go into
 * `receive`. Bytes for the peer come out of `pull`, and `onWritable` says when there are some.
 * `runConnection` runs a connection over a byte stream. The source of another connection's stream
 * can pull from one just as well.
 */
import { ControlFrames } from "./control_frames.ts";
import { Core, type Goaway } from "./core.ts";
import { Code, codeName, ConnectionLostError, Http2Error } from "./errors.ts";
import { DEFAULT_WINDOW, PREFACE, putUint32 } from "./frame.ts";
import { FrameReader } from "./frame_reader.ts";
import type { Header } from "./hpack.ts";
import { Incoming, type OnStream } from "./incoming.ts";
import { notHttp2 } from "./sniffer.ts";
import { announce, DEFAULT_LIMITS, type Limits } from "./settings.ts";
import type { Source } from "./source.ts";
import type { Stream, StreamHandler } from "./stream.ts";

export interface ConnectionOptions {
  limits?: Partial<Limits>;
  /** As server: returns the handler of a new stream. Without it, all streams are refused. */
  onStream?: OnStream;
  /** The peer accepts no new streams; `connection.goaway` has the reason. */
  onGoaway?: (goaway: Goaway) => void;
  /**
   * Called exactly once, when the connection is over: in good order, or by the error. Its streams
   * have been closed before.
   */
  onClosed?: (error?: Http2Error) => void;
}

interface OpenOptions {
  /** The request has no body. */
  endStream?: boolean;
  /** The source of the body; may be attached later. */
  source?: Source;
}

interface Ping {
  sent: number;
  resolve(milliseconds: number): void;
  reject(error: Error): void;
}

export class Connection {
  /** How many RST_STREAM frames have come from the peer. */
  get resetsReceived(): number {
    return this.#core.resetsReceived;
  }
  /** When something last came from the peer, by `performance.now()`. */
  lastReceived: number = performance.now();
  /**
   * The round trip in milliseconds, as it was measured. On a long link, the receive windows of
   * streams that carry much grow accordingly.
   */
  set roundTrip(milliseconds: number) {
    this.#core.roundTrip = milliseconds;
  }
  /** When the peer last acknowledged bytes of ours, by a WINDOW_UPDATE. */
  get lastAcknowledged(): number {
    return this.#core.lastWindowUpdate;
  }
  /** Resolves when the peer has sent its first byte, or the connection is over. */
  readonly heard: Promise<void>;
  readonly #hear: () => void;
  readonly #core: Core;
  readonly #reader: FrameReader;
  #pings = new Map<number, Ping>();
  #pingCount = 0;

  /** The preface and SETTINGS can be pulled at once. */
  constructor(
    readonly role: "client" | "server",
    private readonly options: ConnectionOptions = {},
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.heard, this.#hear] = [promise, resolve];
    const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
    limits.connectionWindow = Math.max(limits.connectionWindow, DEFAULT_WINDOW);
    this.#core = new Core(role, limits);
    this.#core.onGoaway = options.onGoaway;
    this.#core.onOver = (error) => this.#ended(error);
    const frames = new ControlFrames(this.#core, (opaque) => this.#pinged(opaque));
    const incoming = new Incoming(this.#core, options.onStream, frames.frame.bind(frames));
    this.#reader = new FrameReader(incoming, {
      role,
      maxFrame: limits.maxFrame,
      maxBlock: limits.maxHeaderList + limits.maxFrame,
    });
    const control = this.#core.scheduler.control;
    if (role === "client") control.raw(PREFACE);
    control.settings(announce(role, limits));
    const extra = limits.connectionWindow - DEFAULT_WINDOW;
    if (extra > 0) control.windowUpdate(0, extra);
  }

  /**
   * Called when there is something new to pull, and then not again before a `pull` has returned
   * less than its full length. It may be called from within any other call; it must not call
   * `pull`.
   */
  set onWritable(call: (() => void) | undefined) {
    this.#core.scheduler.onWritable = call;
  }

  /** The peer's GOAWAY, once it has come. */
  get goaway(): Goaway | undefined {
    return this.#core.goaway;
  }

  /**
   * True when the connection is over. Bytes that `pull` still gives should be sent before the byte
   * stream is closed.
   */
  get over(): boolean {
    return this.#core.over;
  }

  /** Streams open now. */
  get streamCount(): number {
    return this.#core.streams.size;
  }

  /** The bytes of DATA that the peer accepts now on all streams together. */
  get sendWindow(): number {
    return this.#core.scheduler.window;
  }

  /**
   * Receives bytes of the peer, cut anywhere; handlers are called from within. `chunk` may be
   * reused afterwards. Throws nothing: any fault in the bytes ends the connection.
   */
  receive(chunk: Uint8Array): void {
    if (this.over || chunk.length === 0) return;
    this.lastReceived = performance.now();
    this.#hear();
    try {
      this.#reader.feed(chunk);
    } catch (error) {
      this.#fail(
        error instanceof Http2Error
          ? error
          : new Http2Error(Code.INTERNAL_ERROR, "cannot continue after an internal error", {
            cause: error,
          }),
      );
    }
  }

  /**
   * Writes bytes to send into `into` and returns their count. Less than its length means that there
   * is nothing more for now. Any length from 1 on is allowed; a frame may be cut.
   */
  pull(into: Uint8Array): number {
    return this.#core.scheduler.pull(into);
  }

  /** How many bytes `pull` would give now, at least: above 0 whenever it would give any. */
  available(): number {
    return this.#core.scheduler.available();
  }

  /** How many bytes of DATA wait, whether or not the peer accepts them now. */
  waiting(): number {
    return this.#core.scheduler.waiting();
  }

  /**
   * As client: sends a request. It waits (`stream.id` is 0) while the peer allows no more streams.
   * Throws a retryable Http2Error when the connection takes no new ones, and TypeError for headers
   * that cannot be sent.
   */
  openStream(list: readonly Header[], handler: StreamHandler, options: OpenOptions = {}): Stream {
    const stream = this.#core.open(list, handler, options.endStream ?? false);
    if (options.source !== undefined) stream.attach(options.source);
    return stream;
  }

  /** Sends a PING. Resolves to the milliseconds until the answer; rejects at the end. */
  ping(): Promise<number> {
    if (this.over) return Promise.reject(this.#lostError());
    return new Promise((resolve, reject) => {
      const opaque = new Uint8Array(8);
      const id = ++this.#pingCount;
      putUint32(opaque, 4, id);
      this.#pings.set(id, { sent: performance.now(), resolve, reject });
      this.#core.scheduler.control.ping(opaque, false);
    });
  }

  /** Sends GOAWAY. Open streams go on; with the last one the connection is over. */
  close(): void {
    this.#core.close();
  }

  /**
   * The byte stream has ended (no `cause`) or broken. All streams end with a ConnectionLostError as
   * their error's cause, or with NotHttp2Error when the peer has sent no HTTP/2.
   */
  lost(cause?: unknown): void {
    if (this.over) return;
    const sniffed = this.#reader.sniffed;
    if (sniffed !== undefined && cause === undefined) {
      this.#core.end(notHttp2(this.role === "client" ? "server" : "client", sniffed));
      return;
    }
    const goaway = this.goaway;
    if (cause === undefined && this.streamCount === 0 && this.#isQuiet()) return this.#core.end();
    const why = cause instanceof Error ? cause.message : "the peer closed it";
    const said = goaway === undefined
      ? ""
      : ` after ${codeName(goaway.code)} ${JSON.stringify(goaway.debug)}`;
    const debug = goaway === undefined ? {} : { debug: goaway.debug };
    const options = { cause, remote: true, ...debug };
    const message = `the connection was lost: ${why}${said}`;
    this.#core.end(new ConnectionLostError(goaway?.code ?? Code.INTERNAL_ERROR, message, options));
  }

  /** Whether an end of the byte stream is an orderly one. */
  #isQuiet(): boolean {
    return this.role === "server" || this.goaway?.code === Code.NO_ERROR;
  }

  #fail(error: Http2Error): void {
    if (this.over) return;
    this.#core.scheduler.control.goaway(this.#core.lastPeerId, error.code, error.message);
    this.#core.end(error);
  }

  #ended(error?: Http2Error): void {
    this.#reader.stop();
    this.#hear();
    const pings = this.#pings;
    this.#pings = new Map();
    for (const ping of pings.values()) ping.reject(this.#lostError());
    this.options.onClosed?.(error);
  }

  #lostError(): Http2Error {
    return this.#core.error ?? new Http2Error(Code.NO_ERROR, "the connection is closed");
  }

  #pinged(opaque: Uint8Array): void {
    const id = opaque.reduce((value, octet) => value * 256 + octet, 0);
    const ping = this.#pings.get(id);
    this.#pings.delete(id);
    ping?.resolve(performance.now() - ping.sent);
  }
}
