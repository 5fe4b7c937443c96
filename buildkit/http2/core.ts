/**
 * The state that both directions of a connection share: its streams, from the first HEADERS to the
 * end (RFC 9113 §5.1). It also says how they and the connection end.
 */
import { Code, codeName, Http2Error, type Http2ErrorOptions } from "./errors.ts";
import { DEFAULT_WINDOW } from "./frame.ts";
import { type Header, HpackEncoder } from "./hpack.ts";
import { SendScheduler } from "./send_scheduler.ts";
import { Resets } from "./resets.ts";
import { initialPeerSettings, type Limits, type PeerSettings } from "./settings.ts";
import { Stream, type StreamHandler } from "./stream.ts";
import { ReceiveWindow } from "./window.ts";

/** The peer's GOAWAY. */
export interface Goaway {
  code: number;
  lastStreamId: number;
  /** The debug data, such as `too_many_pings`. */
  debug: string;
}

interface WaitingStream {
  stream: Stream;
  list: readonly Header[];
  endStream: boolean;
}

/** 1 Gbit/s, in bytes/ms. */
const QUICK_LINK = 125_000;
/** The largest windows, in bytes, however long the link is. */
const MOST_STREAM_WINDOW = 32 << 20, MOST_WINDOW = 48 << 20;

export class Core {
  readonly peer: PeerSettings = initialPeerSettings();
  readonly scheduler: SendScheduler;
  readonly streams: Map<number, Stream> = new Map();
  readonly received: ReceiveWindow;
  readonly resets: Resets;
  /** The largest stream id that the peer has opened (as server). */
  lastPeerId = 0;
  /** The id that our next stream gets (as client). */
  nextId = 1;
  goaway: Goaway | undefined;
  /** Bytes of the header lists of the open streams (as server). */
  heldHeaders = 0;
  /** When the peer last sent a WINDOW_UPDATE, by `performance.now()`. */
  lastWindowUpdate = 0;
  /** RST_STREAM frames from the peer, also those on streams that are closed here. */
  resetsReceived = 0;
  /** The round trip in milliseconds; 0 while it isn't known. */
  roundTrip = 0;
  /** The peer has acknowledged our SETTINGS. */
  settled = false;
  /** This side has sent GOAWAY, or `close` was called. */
  closing = false;
  /** The connection is over: closed, failed or lost. */
  over = false;
  /** The reason, unless the connection was closed in good order. */
  error: Http2Error | undefined;
  onGoaway: ((goaway: Goaway) => void) | undefined;
  /** Called once, when `over`. */
  onOver: ((error?: Http2Error) => void) | undefined;
  readonly #encoder = new HpackEncoder();
  #waiting: WaitingStream[] = [];

  constructor(readonly role: "client" | "server", readonly limits: Limits) {
    this.scheduler = new SendScheduler(this);
    const { connectionWindow } = limits;
    this.received = new ReceiveWindow(connectionWindow, connectionWindow, () => {
      return Math.min(connectionWindow + this.#forRoundTrip(), MOST_WINDOW);
    });
    this.resets = new Resets(limits.maxResets);
  }

  // Opening.

  /**
   * As client: opens a stream, or queues it while the peer allows no more. Throws the retryable
   * Http2Error of a closing connection.
   */
  open(list: readonly Header[], handler: StreamHandler, endStream: boolean): Stream {
    if (this.over || this.closing || this.goaway !== undefined) throw this.#refusal();
    const stream = new Stream(this, handler, this.#newWindow());
    // A list that can't be sent is an error now, also when the stream has to wait.
    if (this.streams.size >= this.peer.maxStreams) new HpackEncoder().encode(list);
    this.#waiting.push({ stream, list, endStream });
    this.openWaiting();
    return stream;
  }

  /** Opens waiting streams, as far as the peer allows. */
  openWaiting(): void {
    if (this.goaway !== undefined) return;
    while (this.#waiting.length > 0 && this.streams.size < this.peer.maxStreams) {
      const { stream, list, endStream } = this.#waiting.shift()!;
      const block = this.#encoder.encode(list); // may throw: the stream has never been then
      stream.id = this.nextId;
      this.nextId += 2;
      stream.window = this.peer.initialWindow;
      this.streams.set(stream.id, stream);
      this.#sendBlock(stream, block, endStream);
      this.scheduler.wake(stream);
    }
  }

  /** As server: takes a stream that the client opens. */
  accept(id: number): Stream {
    const stream = new Stream(this, { data() {}, closed() {} }, this.#newWindow());
    stream.id = id;
    stream.window = this.peer.initialWindow;
    stream.begun = true;
    this.streams.set(id, stream);
    return stream;
  }

  /** Whether a stream of this id never existed (RFC 9113 §5.1.1). */
  isIdle(id: number): boolean {
    if (this.role === "client") return id % 2 === 0 || id >= this.nextId;
    return id % 2 === 0 || id > this.lastPeerId;
  }

  /** Throws the connection's error for a frame on a stream that never existed. */
  expectKnown(id: number, what: string): void {
    if (id !== 0 && !this.isIdle(id)) return;
    throw new Http2Error(Code.PROTOCOL_ERROR, `${what} on stream ${id}, which is not open`);
  }

  // The interface for streams.

  sendHeaders(stream: Stream, list: readonly Header[], endStream: boolean): void {
    if (stream.localEnded) throw new Error("cannot send headers: the stream has been ended");
    this.#sendBlock(stream, this.#encoder.encode(list), endStream);
  }

  #sendBlock(stream: Stream, block: Uint8Array, endStream: boolean): void {
    this.scheduler.control.headers(stream.id, block, endStream, this.peer.maxFrame);
    if (endStream) this.localEnd(stream);
  }

  credit(stream: Stream, bytes: number): void {
    if (bytes > stream.unconsumed) {
      throw new RangeError(`cannot give back ${bytes} bytes: ${stream.unconsumed} are outstanding`);
    }
    stream.unconsumed -= bytes;
    if (!stream.remoteEnded) {
      const increment = stream.received.credit(bytes);
      if (increment > 0) this.scheduler.control.windowUpdate(stream.id, increment);
    }
    this.creditConnection(bytes);
  }

  creditConnection(bytes: number): void {
    const increment = this.received.credit(bytes);
    if (increment > 0 && !this.over) this.scheduler.control.windowUpdate(0, increment);
  }

  // Ending.

  /** Ends a stream by our RST_STREAM, for a reason of ours or a fault of the peer. */
  resetStream(stream: Stream, code: number, message: string, cause?: unknown): void {
    if (stream.isClosed) return;
    if (stream.id !== 0) this.refuse(stream.id, code);
    this.closeStream(stream, streamError(stream, code, message, { cause }));
  }

  /** Resets a stream on which the peer broke the protocol. */
  streamFault(stream: Stream, code: number, what: string): void {
    this.resets.count(performance.now());
    this.resetStream(stream, code, `the peer broke the protocol: ${what}`);
  }

  /** Resets a stream that was never accepted, after a fault of the peer. */
  refuseByFault(id: number, code: number): void {
    this.resets.count(performance.now());
    this.refuse(id, code);
  }

  /** Sends RST_STREAM, and remembers that the peer may not know of it yet. */
  refuse(id: number, code: number): void {
    this.scheduler.control.rstStream(id, code);
    this.resets.remember(id);
  }

  closeStream(stream: Stream, error?: Http2Error): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    if (stream.id === 0) {
      this.#waiting = this.#waiting.filter((waiting) => waiting.stream !== stream);
    } else {
      this.streams.delete(stream.id);
    }
    if (stream.unconsumed > 0) this.creditConnection(stream.unconsumed);
    stream.unconsumed = 0;
    this.heldHeaders -= stream.headerBytes;
    stream.error = error;
    // An error of one handler must not keep the others from their call, and must not stay hidden.
    for (
      const tell of [() => stream.source?.detached?.(error), () => stream.handler.closed(error)]
    ) {
      try {
        tell();
      } catch (mistake) {
        reportError(mistake);
      }
    }
    if (!this.over) this.openWaiting();
    this.endIfDone();
  }

  /** All of the stream's data is written: trailers or END_STREAM follow. */
  finish(stream: Stream): void {
    if (stream.isClosed || stream.localEnded) return;
    if (stream.trailers !== undefined) {
      this.sendHeaders(stream, stream.trailers, true);
    } else {
      this.scheduler.control.endStream(stream.id);
      this.localEnd(stream);
    }
  }

  /** END_STREAM has been written. */
  localEnd(stream: Stream): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.closeStream(stream);
  }

  sourceFailed(stream: Stream, error: unknown): void {
    this.resetStream(stream, Code.INTERNAL_ERROR, "stream reset by us: its source failed", error);
  }

  /**
   * Handles the peer's GOAWAY: the streams that the peer will not process are over (RFC 9113 §6.8).
   */
  goneAway(goaway: Goaway): void {
    this.goaway = goaway;
    this.onGoaway?.(goaway);
    const said = goaway.debug === "" ? "" : ` (${goaway.debug})`;
    const options = { remote: true, retryable: true, debug: goaway.debug };
    const message = `the peer is closing the connection: ${codeName(goaway.code)}${said}`;
    for (const { stream } of [...this.#waiting]) {
      this.closeStream(stream, streamError(stream, goaway.code, message, options));
    }
    if (this.role === "client") {
      for (const stream of [...this.streams.values()]) {
        if (stream.id <= goaway.lastStreamId) continue;
        this.closeStream(stream, streamError(stream, goaway.code, message, options));
      }
    }
    this.endIfDone();
  }

  /** Sends GOAWAY; the connection ends with its last stream. */
  close(): void {
    if (this.over || this.closing) return;
    this.closing = true;
    this.scheduler.control.goaway(this.lastPeerId, Code.NO_ERROR, "");
    this.endIfDone();
  }

  /** The end of the connection, in good order or by `error`; its streams end likewise. */
  end(error?: Http2Error): void {
    if (this.over) return;
    this.over = true;
    this.error = error;
    const reason = error ?? new Http2Error(Code.NO_ERROR, "the connection is closed");
    const waiting = this.#waiting.map(({ stream }) => stream);
    for (const stream of [...this.streams.values(), ...waiting]) {
      const options: Http2ErrorOptions = { cause: reason, remote: reason.remote };
      if (reason.debug !== undefined) options.debug = reason.debug;
      if (stream.id === 0) options.retryable = true;
      this.closeStream(stream, streamError(stream, reason.code, reason.message, options));
    }
    this.onOver?.(error);
    this.scheduler.signal();
  }

  endIfDone(): void {
    if (this.over || this.streams.size > 0 || this.#waiting.length > 0) return;
    if (this.closing) this.end();
    else if (this.goaway !== undefined && this.role === "client") this.close();
  }

  /** Until the peer knows our window, it uses the default one (RFC 9113 §6.9.3). */
  #newWindow(): ReceiveWindow {
    const size = this.limits.streamWindow;
    return new ReceiveWindow(
      size,
      this.settled ? size : Math.max(size, DEFAULT_WINDOW),
      () => Math.min(Math.max(size, this.#forRoundTrip()), MOST_STREAM_WINDOW),
    );
  }

  /** Bytes that a quick link of this length holds, and once more: updates come by halves. */
  #forRoundTrip(): number {
    return Math.round(this.roundTrip * QUICK_LINK * 2);
  }

  #refusal(): Http2Error {
    const why = this.error ?? this.goaway;
    const message = this.error?.message ?? "the connection is closing";
    const options: Http2ErrorOptions = { retryable: true, cause: this.error };
    if (why?.debug !== undefined) options.debug = why.debug;
    return new Http2Error(why?.code ?? Code.NO_ERROR, message, options);
  }
}

export function streamError(
  stream: Stream,
  code: number,
  message: string,
  options: Http2ErrorOptions = {},
): Http2Error {
  return new Http2Error(code, message, { ...options, streamId: stream.id });
}
