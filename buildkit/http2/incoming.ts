/** Handles the peer's DATA and header blocks (RFC 9113 §5, §8.1). `ControlFrames` has the rest. */
import { Code, Http2Error } from "./errors.ts";
import type { FrameSink } from "./frame_reader.ts";
import {
  checkRequest,
  checkResponse,
  checkTrailers,
  contentLength,
  valueOf,
} from "./header_rules.ts";
import { type Header, HpackDecoder, sizeOf } from "./hpack.ts";
import type { Core } from "./core.ts";
import type { Stream, StreamHandler } from "./stream.ts";

/** As server: takes a stream that the client opened, and says who handles it. */
export type OnStream = (stream: Stream, list: Header[], endStream: boolean) => StreamHandler;

/** The header lists of open streams have as many bytes as so many of the largest lists, at most. */
const LISTS_HELD = 4;

export class Incoming implements FrameSink {
  readonly #decoder: HpackDecoder;
  #data: Stream | undefined; // whose DATA frame is under way

  constructor(
    private readonly core: Core,
    private readonly onStream: OnStream | undefined,
    readonly frame: FrameSink["frame"],
  ) {
    this.#decoder = new HpackDecoder(core.limits.maxHeaderList);
  }

  // DATA (RFC 9113 §6.1)

  dataBegins(streamId: number, length: number): void {
    const core = this.core;
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
    if (stream.remoteEnded) {
      this.core.streamFault(stream, Code.STREAM_CLOSED, "data after the end");
    } else if (!stream.begun) {
      this.core.streamFault(stream, Code.PROTOCOL_ERROR, "data before headers");
    } else if (!stream.received.take(length)) {
      this.core.streamFault(stream, Code.FLOW_CONTROL_ERROR, "more data than its window allows");
    }
  }

  data(chunk: Uint8Array): void {
    const stream = this.#data;
    if (stream === undefined || stream.isClosed) return;
    if (stream.expected >= 0) {
      stream.expected -= chunk.length;
      if (stream.expected < 0) {
        this.core.streamFault(stream, Code.PROTOCOL_ERROR, "more data than content-length says");
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
    const core = this.core;
    if (core.role === "server" && streamId % 2 === 1 && streamId > core.lastPeerId) {
      this.#newStream(streamId, list, endStream, dependsOn);
      return;
    }
    const stream = this.#find(streamId, "HEADERS");
    if (stream === undefined) return;
    if (stream.remoteEnded) {
      this.core.streamFault(stream, Code.STREAM_CLOSED, "headers after the end");
    } else if (dependsOn === streamId) {
      this.core.streamFault(stream, Code.PROTOCOL_ERROR, "a stream that depends on itself");
    } else if (list === null) {
      this.#tooLarge(stream);
    } else if (stream.begun) {
      this.#trailers(stream, list, endStream);
    } else {
      this.#response(stream, list, endStream);
    }
  }

  #newStream(id: number, list: Header[] | null, endStream: boolean, dependsOn: number): void {
    const core = this.core;
    core.lastPeerId = id;
    if (core.scheduler.control.length > core.limits.maxProvoked * 16) {
      throw new Http2Error(Code.ENHANCE_YOUR_CALM, "new requests while answers are not read");
    }
    if (core.closing || core.streams.size >= core.limits.maxStreams) {
      core.refuseByFault(id, Code.REFUSED_STREAM);
      return;
    }
    const wrong = dependsOn === id
      ? "a stream that depends on itself"
      : list === null
      ? undefined
      : checkRequest(list);
    const length = list === null ? -1 : contentLength(list);
    if (list === null || wrong !== undefined || Number.isNaN(length)) {
      core.refuseByFault(id, list === null ? Code.ENHANCE_YOUR_CALM : Code.PROTOCOL_ERROR);
      return;
    }
    const bytes = sizeOf(list);
    if (core.heldHeaders + bytes > core.limits.maxHeaderList * LISTS_HELD) {
      core.refuseByFault(id, Code.ENHANCE_YOUR_CALM);
      return;
    }
    const stream = core.accept(id);
    stream.expected = length;
    core.heldHeaders += stream.headerBytes = bytes;
    this.#guarded(stream, () => {
      if (this.onStream === undefined) stream.reset(Code.REFUSED_STREAM);
      else stream.handler = this.onStream(stream, list, endStream);
    });
    if (endStream && !stream.isClosed) this.#remoteEnd(stream);
  }

  #response(stream: Stream, list: Header[], endStream: boolean): void {
    const wrong = checkResponse(list);
    if (wrong !== undefined) return this.core.streamFault(stream, Code.PROTOCOL_ERROR, wrong);
    const status = valueOf(list, ":status")!;
    if (status.startsWith("1")) {
      if (endStream) this.core.streamFault(stream, Code.PROTOCOL_ERROR, "no response after 1xx");
      return;
    }
    stream.begun = true;
    stream.expected = contentLength(list);
    if (Number.isNaN(stream.expected)) {
      return this.core.streamFault(stream, Code.PROTOCOL_ERROR, "content-length is not a number");
    }
    this.#guarded(stream, () => stream.handler.headers?.(list, endStream));
    if (endStream) this.#remoteEnd(stream);
  }

  #trailers(stream: Stream, list: Header[], endStream: boolean): void {
    const wrong = endStream ? checkTrailers(list) : "trailers that do not end the stream";
    if (wrong !== undefined) return this.core.streamFault(stream, Code.PROTOCOL_ERROR, wrong);
    this.#guarded(stream, () => stream.handler.trailers?.(list));
    this.#remoteEnd(stream);
  }

  #remoteEnd(stream: Stream): void {
    if (stream.isClosed) return;
    if (stream.expected > 0) {
      return this.core.streamFault(
        stream,
        Code.PROTOCOL_ERROR,
        "less data than content-length says",
      );
    }
    stream.remoteEnded = true;
    this.#guarded(stream, () => stream.handler.end?.());
    if (stream.localEnded) this.core.closeStream(stream);
  }

  // Faults

  /** The stream that a DATA or HEADERS frame is for; undefined when it is to be ignored. */
  #find(streamId: number, what: string): Stream | undefined {
    const stream = this.core.streams.get(streamId);
    if (stream !== undefined) return stream;
    this.core.expectKnown(streamId, what);
    if (!this.core.resets.has(streamId)) {
      throw new Http2Error(Code.STREAM_CLOSED, `${what} on stream ${streamId}, which is over`);
    }
    return undefined;
  }

  #tooLarge(stream: Stream): void {
    const limit = this.core.limits.maxHeaderList;
    this.core.streamFault(
      stream,
      Code.ENHANCE_YOUR_CALM,
      `a header list of more than ${limit} bytes`,
    );
  }

  #guarded(stream: Stream, call: () => void): void {
    try {
      if (!stream.isClosed) call();
    } catch (error) {
      this.#handlerFailed(stream, error);
    }
  }

  #handlerFailed(stream: Stream, error: unknown): void {
    this.core.resetStream(
      stream,
      Code.INTERNAL_ERROR,
      "stream reset by us: its handler failed",
      error,
    );
  }
}
