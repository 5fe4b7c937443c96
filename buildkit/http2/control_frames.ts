/** Handles the peer's frames other than DATA and header blocks (RFC 9113 §6.3 to §6.9). */
import { type Core, streamError } from "./core.ts";
import { Code, codeName, Http2Error } from "./errors.ts";
import { Flag, Frame, getUint32, MAX_31 } from "./frame.ts";
import { applySettings } from "./settings.ts";

export class ControlFrames {
  #introduced = false; // the peer's first SETTINGS have come

  /** @param pinged called with the opaque bytes of an answered PING */
  constructor(private readonly core: Core, private readonly pinged: (opaque: Uint8Array) => void) {}

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
    if (payload.length !== 5) this.core.refuseByFault(streamId, Code.FRAME_SIZE_ERROR);
    else if ((getUint32(payload, 0) & MAX_31) === streamId) {
      throw new Http2Error(Code.PROTOCOL_ERROR, "a stream that depends on itself");
    }
  }

  #rstStream(streamId: number, payload: Uint8Array): void {
    expectLength("RST_STREAM", payload, 4);
    this.core.expectKnown(streamId, "RST_STREAM");
    this.core.resetsReceived++;
    const stream = this.core.streams.get(streamId);
    if (stream === undefined) return;
    if (this.core.role === "server") this.core.resets.count(performance.now());
    const code = getUint32(payload, 0);
    if (code === Code.NO_ERROR && stream.remoteEnded) return this.core.closeStream(stream);
    const message = `stream reset by the peer: ${codeName(code)}`;
    const retryable = code === Code.REFUSED_STREAM;
    this.core.closeStream(stream, streamError(stream, code, message, { remote: true, retryable }));
  }

  #settings(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw new Http2Error(Code.PROTOCOL_ERROR, "SETTINGS on a stream");
    const core = this.core;
    if ((flags & Flag.ACK) !== 0) {
      expectLength("SETTINGS ACK", payload, 0);
      core.settled = true;
      return;
    }
    if (!this.#introduced) core.peer.maxStreams = Infinity; // unless it says otherwise now
    this.#introduced = true;
    const before = core.peer.initialWindow;
    applySettings(core.peer, payload, core.role);
    core.scheduler.maxFrame = core.peer.maxFrame;
    core.scheduler.control.settingsAck();
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
      }
      // This is a second pass, because a stream that ends lets others begin, which already have the
      // new window.
      for (const stream of [...core.streams.values()]) core.scheduler.wake(stream);
      core.scheduler.windowOpened();
    }
    core.openWaiting();
  }

  #ping(flags: number, streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw new Http2Error(Code.PROTOCOL_ERROR, "PING on a stream");
    expectLength("PING", payload, 8);
    if ((flags & Flag.ACK) !== 0) return this.pinged(payload);
    this.core.scheduler.answerPing(payload);
    this.#checkCalm();
  }

  #goaway(streamId: number, payload: Uint8Array): void {
    if (streamId !== 0) throw new Http2Error(Code.PROTOCOL_ERROR, "GOAWAY on a stream");
    if (payload.length < 8) throw new Http2Error(Code.FRAME_SIZE_ERROR, "GOAWAY too short");
    this.core.goneAway({
      lastStreamId: getUint32(payload, 0) & MAX_31,
      code: getUint32(payload, 4),
      debug: new TextDecoder().decode(payload.subarray(8)),
    });
  }

  #windowUpdate(streamId: number, payload: Uint8Array): void {
    expectLength("WINDOW_UPDATE", payload, 4);
    const increment = getUint32(payload, 0) & MAX_31;
    const core = this.core;
    core.lastWindowUpdate = performance.now();
    if (streamId === 0) {
      if (increment === 0) throw new Http2Error(Code.PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
      core.scheduler.window += increment;
      if (core.scheduler.window > MAX_31) {
        throw new Http2Error(
          Code.FLOW_CONTROL_ERROR,
          "the connection's window has become too large",
        );
      }
      core.scheduler.windowOpened();
      return;
    }
    this.core.expectKnown(streamId, "WINDOW_UPDATE");
    const stream = core.streams.get(streamId);
    if (stream === undefined) return;
    if (increment === 0) {
      return this.core.streamFault(stream, Code.PROTOCOL_ERROR, "WINDOW_UPDATE of 0");
    }
    stream.window += increment;
    if (stream.window > MAX_31) {
      return this.core.streamFault(
        stream,
        Code.FLOW_CONTROL_ERROR,
        "its window has become too large",
      );
    }
    core.scheduler.wake(stream);
    core.scheduler.windowOpened();
  }

  /** Throws when too many answers that the peer provoked, and does not read, pile up. */
  #checkCalm(): void {
    if (this.core.scheduler.control.provoked > this.core.limits.maxProvoked) {
      throw new Http2Error(Code.ENHANCE_YOUR_CALM, "too many frames whose answers are not read");
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
