/** What the peer's frames do to the connection and its streams (RFC 9113 §5 and §6). */
import { Code, codeName, Http2Error } from "./errors.ts";
import { Flag, Frame, getUint32, MAX_31 } from "./frame.ts";
import type { FrameSink } from "./frame_reader.ts";
import {
  checkRequest,
  checkResponse,
  checkTrailers,
  contentLength,
  valueOf,
} from "./header_rules.ts";
import { type Header, HpackDecoder } from "./hpack.ts";
import { type Core, streamError } from "./core.ts";
import { applySettings } from "./settings.ts";
import type { Stream, StreamHandler } from "./stream.ts";

/** As server: takes a stream that the client opened, and says who handles it. */
export type OnStream = (stream: Stream, list: Header[], endStream: boolean) => StreamHandler;

export interface IncomingOwner {
  onStream: OnStream | undefined;
  pinged(opaque: Uint8Array): void;
}

/** Milliseconds over which the peer's resets are counted. */
const RESET_SPAN = 10_000;

export class Incoming implements FrameSink {
  readonly #core: Core;
  readonly #owner: IncomingOwner;
  readonly #decoder: HpackDecoder;
  #data: Stream | undefined; // whose DATA frame is under way
  #resets = 0;
  #resetsSince = 0;

  constructor(core: Core, owner: IncomingOwner) {
    this.#core = core;
    this.#owner = owner;
    this.#decoder = new HpackDecoder(core.limits.maxHeaderList);
  }

  // DATA (RFC 9113 §6.1)

  dataBegins(streamId: number, length: number): void {
    const core = this.#core;
    if (!core.received.take(length)) {
      throw new Http2Error(
        Code.FLOW_CONTROL_ERROR,
        "more data than the connection's window allows",
      );
    }
    const stream = this.#find(streamId, "DATA");
    this.#data = stream;
    if (stream === undefined) {
      core.creditConnection(length);
      return;
    }
    stream.unconsumed += length;
    if (stream.remoteEnded) this.#streamFault(stream, Code.STREAM_CLOSED, "data after the end");
    else if (!stream.begun) this.#streamFault(stream, Code.PROTOCOL_ERROR, "data before headers");
    else if (!stream.received.take(length)) {
      this.#streamFault(stream, Code.FLOW_CONTROL_ERROR, "more data than its window allows");
    }
  }

  data(chunk: Uint8Array): void {
    const stream = this.#data;
    if (stream === undefined || stream.isClosed) return;
    if (stream.expected >= 0) {
      stream.expected -= chunk.length;
      if (stream.expected < 0) {
        this.#streamFault(stream, Code.PROTOCOL_ERROR, "more data than content-length says");
        return;
      }
    }
    try {
      stream.handler.data(chunk);
    } catch (error) {
      this.#handlerFailed(stream, error);
    }
  }

  dataEnds(endStream: boolean, padding: number): void {
    const stream = this.#data;
    this.#data = undefined;
    if (stream === undefined) return;
    if (padding > 0) stream.credit(padding);
    if (endStream && !stream.isClosed) this.#remoteEnd(stream);
  }

  // HEADERS and CONTINUATION (RFC 9113 §6.2, §6.10, §8.1)

  headers(streamId: number, block: Uint8Array, endStream: boolean, dependsOn: number): void {
    const list = this.#decoder.decode(block); // always, else the tables are lost
    const core = this.#core;
    if (core.role === "server" && streamId % 2 === 1 && streamId > core.lastPeerId) {
      this.#newStream(streamId, list, endStream, dependsOn);
      return;
    }
    const stream = this.#find(streamId, "HEADERS");
    if (stream === undefined) return;
    if (stream.remoteEnded) {
      this.#streamFault(stream, Code.STREAM_CLOSED, "headers after the end");
    } else if (dependsOn === streamId) {
      this.#streamFault(stream, Code.PROTOCOL_ERROR, "a stream that depends on itself");
    } else if (list === null) {
      this.#tooLarge(stream);
    } else if (stream.begun) {
      this.#trailers(stream, list, endStream);
    } else {
      this.#response(stream, list, endStream);
    }
  }

  #newStream(id: number, list: Header[] | null, endStream: boolean, dependsOn: number): void {
    const core = this.#core;
    core.lastPeerId = id;
    if (core.layout.control.length > core.limits.maxProvoked * 16) {
      throw new Http2Error(Code.ENHANCE_YOUR_CALM, "new requests while answers are not read");
    }
    if (core.closing || core.streams.size >= core.limits.maxStreams) {
      core.refuse(id, Code.REFUSED_STREAM);
      return;
    }
    const wrong = dependsOn === id
      ? "a stream that depends on itself"
      : list === null
      ? undefined
      : checkRequest(list);
    const length = list === null ? -1 : contentLength(list);
    if (list === null || wrong !== undefined || Number.isNaN(length)) {
      core.refuse(id, list === null ? Code.ENHANCE_YOUR_CALM : Code.PROTOCOL_ERROR);
      return;
    }
    const stream = core.accept(id);
    stream.expected = length;
    this.#guarded(stream, () => {
      if (this.#owner.onStream === undefined) stream.reset(Code.REFUSED_STREAM);
      else stream.handler = this.#owner.onStream(stream, list, endStream);
    });
    if (endStream && !stream.isClosed) this.#remoteEnd(stream);
  }

  #response(stream: Stream, list: Header[], endStream: boolean): void {
    const wrong = checkResponse(list);
    if (wrong !== undefined) return this.#streamFault(stream, Code.PROTOCOL_ERROR, wrong);
    const status = valueOf(list, ":status")!;
    if (status.startsWith("1")) {
      if (endStream) this.#streamFault(stream, Code.PROTOCOL_ERROR, "no response after 1xx");
      return;
    }
    stream.begun = true;
    if (!stream.headRequest && status !== "304") stream.expected = contentLength(list);
    if (Number.isNaN(stream.expected)) {
      return this.#streamFault(stream, Code.PROTOCOL_ERROR, "content-length is no number");
    }
    this.#guarded(stream, () => stream.handler.headers?.(list, endStream));
    if (endStream) this.#remoteEnd(stream);
  }

  #trailers(stream: Stream, list: Header[], endStream: boolean): void {
    const wrong = endStream ? checkTrailers(list) : "trailers that do not end the stream";
    if (wrong !== undefined) return this.#streamFault(stream, Code.PROTOCOL_ERROR, wrong);
    this.#guarded(stream, () => stream.handler.trailers?.(list));
    this.#remoteEnd(stream);
  }

  #remoteEnd(stream: Stream): void {
    if (stream.isClosed) return;
    if (stream.expected > 0) {
      return this.#streamFault(stream, Code.PROTOCOL_ERROR, "less data than content-length says");
    }
    stream.remoteEnded = true;
    this.#guarded(stream, () => stream.handler.end?.());
    if (stream.localEnded) this.#core.closeStream(stream);
  }

  // All the others

  frame(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    switch (type) {
      case Frame.PRIORITY:
        return this.#priority(streamId, payload);
      case Frame.RST_STREAM:
        return this.#rstStream(streamId, payload);
      case Frame.SETTINGS:
        return this.#settings(flags, streamId, payload);
      case Frame.PUSH_PROMISE:
        throw new Http2Error(Code.PROTOCOL_ERROR, "PUSH_PROMISE, which nobody may send us");
      case Frame.PING:
        return this.#ping(flags, streamId, payload);
      case Frame.GOAWAY:
        return this.#goaway(streamId, payload);
      case Frame.WINDOW_UPDATE:
        return this.#windowUpdate(streamId, payload);
    }
  }

  #priority(streamId: number, payload: Uint8Array): void {
    if (streamId === 0) throw new Http2Error(Code.PROTOCOL_ERROR, "PRIORITY on stream 0");
    if (payload.length !== 5) this.#core.refuse(streamId, Code.FRAME_SIZE_ERROR);
    else if ((getUint32(payload, 0) & MAX_31) === streamId) {
      throw new Http2Error(Code.PROTOCOL_ERROR, "a stream that depends on itself");
    }
  }

  #rstStream(streamId: number, payload: Uint8Array): void {
    expectLength("RST_STREAM", payload, 4);
    this.#expectKnown(streamId, "RST_STREAM");
    const stream = this.#core.streams.get(streamId);
    if (stream === undefined) return;
    this.#countReset();
    const code = getUint32(payload, 0);
    if (code === Code.NO_ERROR && stream.remoteEnded) return this.#core.closeStream(stream);
    const message = `stream reset by the peer: ${codeName(code)}`;
    const retryable = code === Code.REFUSED_STREAM;
    this.#core.closeStream(stream, streamError(stream, code, message, { remote: true, retryable }));
  }

  #settings(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw new Http2Error(Code.PROTOCOL_ERROR, "SETTINGS on a stream");
    if ((flags & Flag.ACK) !== 0) return expectLength("SETTINGS ACK", payload, 0);
    const core = this.#core;
    const before = core.peer.initialWindow;
    applySettings(core.peer, payload, core.role);
    core.layout.maxFrame = core.peer.maxFrame;
    core.layout.control.settingsAck();
    this.#checkCalm();
    const growth = core.peer.initialWindow - before;
    if (growth !== 0) {
      for (const stream of core.streams.values()) {
        stream.window += growth;
        if (stream.window > MAX_31) {
          throw new Http2Error(
            Code.FLOW_CONTROL_ERROR,
            "INITIAL_WINDOW_SIZE makes a window too large",
          );
        }
        core.layout.wake(stream);
      }
      core.layout.windowOpened();
    }
    core.openWaiting();
  }

  #ping(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw new Http2Error(Code.PROTOCOL_ERROR, "PING on a stream");
    expectLength("PING", payload, 8);
    if ((flags & Flag.ACK) !== 0) return this.#owner.pinged(payload);
    this.#core.layout.control.ping(payload, true);
    this.#checkCalm();
  }

  #goaway(streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw new Http2Error(Code.PROTOCOL_ERROR, "GOAWAY on a stream");
    if (payload.length < 8) throw new Http2Error(Code.FRAME_SIZE_ERROR, "GOAWAY too short");
    this.#core.goneAway({
      lastStreamId: getUint32(payload, 0) & MAX_31,
      code: getUint32(payload, 4),
      debug: new TextDecoder().decode(payload.subarray(8)),
    });
  }

  #windowUpdate(streamId: number, payload: Uint8Array): void {
    expectLength("WINDOW_UPDATE", payload, 4);
    const increment = getUint32(payload, 0) & MAX_31;
    const core = this.#core;
    if (streamId === 0) {
      if (increment === 0) throw new Http2Error(Code.PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
      core.layout.window += increment;
      if (core.layout.window > MAX_31) {
        throw new Http2Error(
          Code.FLOW_CONTROL_ERROR,
          "the connection's window has become too large",
        );
      }
      core.layout.windowOpened();
      return;
    }
    this.#expectKnown(streamId, "WINDOW_UPDATE");
    const stream = core.streams.get(streamId);
    if (stream === undefined) return;
    if (increment === 0) {
      return this.#streamFault(stream, Code.PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
    }
    stream.window += increment;
    if (stream.window > MAX_31) {
      return this.#streamFault(stream, Code.FLOW_CONTROL_ERROR, "its window has become too large");
    }
    core.layout.wake(stream);
    core.layout.windowOpened();
  }

  // Faults

  /** The stream that a DATA or HEADERS frame is for; undefined when it is to be ignored. */
  #find(streamId: number, what: string): Stream | undefined {
    const stream = this.#core.streams.get(streamId);
    if (stream !== undefined) return stream;
    this.#expectKnown(streamId, what);
    if (!this.#core.mayLinger(streamId)) {
      throw new Http2Error(Code.STREAM_CLOSED, `${what} on stream ${streamId}, which is over`);
    }
    return undefined;
  }

  #expectKnown(streamId: number, what: string): void {
    if (streamId === 0 || this.#core.isIdle(streamId)) {
      throw new Http2Error(Code.PROTOCOL_ERROR, `${what} on stream ${streamId}, which is not open`);
    }
  }

  #streamFault(stream: Stream, code: number, what: string): void {
    this.#core.resetStream(stream, code, `the peer broke the protocol: ${what}`);
  }

  #tooLarge(stream: Stream): void {
    const limit = this.#core.limits.maxHeaderList;
    this.#streamFault(stream, Code.ENHANCE_YOUR_CALM, `a header list of more than ${limit} bytes`);
  }

  #guarded(stream: Stream, call: () => void): void {
    try {
      if (!stream.isClosed) call();
    } catch (error) {
      this.#handlerFailed(stream, error);
    }
  }

  #handlerFailed(stream: Stream, error: unknown): void {
    this.#core.resetStream(
      stream,
      Code.INTERNAL_ERROR,
      "stream reset by us: its handler failed",
      error,
    );
  }

  /** Answers that the peer provokes and does not read must not pile up. */
  #checkCalm(): void {
    if (this.#core.layout.control.provoked > this.#core.limits.maxProvoked) {
      throw new Http2Error(Code.ENHANCE_YOUR_CALM, "too many frames whose answers are not read");
    }
  }

  #countReset(): void {
    const now = performance.now();
    if (now - this.#resetsSince > RESET_SPAN) {
      this.#resetsSince = now;
      this.#resets = 0;
    }
    if (++this.#resets > this.#core.limits.maxResets) {
      throw new Http2Error(Code.ENHANCE_YOUR_CALM, "too many streams reset at once");
    }
  }
}

function expectLength(what: string, payload: Uint8Array, length: number): void {
  if (payload.length === length) return;
  throw new Http2Error(
    Code.FRAME_SIZE_ERROR,
    `${what} of ${payload.length} bytes instead of ${length}`,
  );
}
