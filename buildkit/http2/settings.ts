/**
 * SETTINGS (RFC 9113 §6.5): the parameters that each side announces to the other. The payload is a
 * row of 16-bit identifiers with 32-bit values; unknown ones are ignored.
 */
import { Code, Http2Error } from "./errors.ts";
import {
  DEFAULT_MAX_FRAME,
  DEFAULT_WINDOW,
  getUint32,
  LARGEST_MAX_FRAME,
  MAX_31,
} from "./frame.ts";

const ENABLE_PUSH = 2;
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const MAX_HEADER_LIST_SIZE = 6;

/** Our own limits. All sizes are bytes. */
export interface Limits {
  /** The receive window of a stream: bytes ahead of `credit`. Default 4 MiB. */
  streamWindow: number;
  /** The same for all streams together; at least 65,535. Default 16 MiB. */
  connectionWindow: number;
  /** The largest frame we take. Default 16,384, the least there is. */
  maxFrame: number;
  /** The largest header list we take, counted as RFC 9113 §6.5.2 does. Default 1 MiB. */
  maxHeaderList: number;
  /** As server: how many streams the client may have open. Default 256. */
  maxStreams: number;
  /**
   * How many answers may wait because the peer does not read, in bytes, and responses likewise (16
   * times that). Default 64 KiB.
   */
  maxProvoked: number;
  /** Streams that the peer may reset within ten seconds. Default 1000. */
  maxResets: number;
}

export const DEFAULT_LIMITS: Limits = {
  streamWindow: 4 << 20,
  connectionWindow: 16 << 20,
  maxFrame: DEFAULT_MAX_FRAME,
  maxHeaderList: 1 << 20,
  maxStreams: 256,
  maxProvoked: 64 << 10,
  maxResets: 1000,
};

/** The content of this side's SETTINGS frame. */
export function announce(role: "client" | "server", limits: Limits): [number, number][] {
  const pairs: [number, number][] = [];
  if (role === "client") pairs.push([ENABLE_PUSH, 0]);
  else pairs.push([MAX_CONCURRENT_STREAMS, limits.maxStreams]);
  if (limits.streamWindow !== DEFAULT_WINDOW) {
    pairs.push([INITIAL_WINDOW_SIZE, limits.streamWindow]);
  }
  if (limits.maxFrame !== DEFAULT_MAX_FRAME) pairs.push([MAX_FRAME_SIZE, limits.maxFrame]);
  pairs.push([MAX_HEADER_LIST_SIZE, limits.maxHeaderList]);
  return pairs;
}

/** The peer's settings so far. */
export interface PeerSettings {
  maxStreams: number;
  initialWindow: number;
  maxFrame: number;
}

/** Before the peer's first SETTINGS, which may be after our first requests. */
export function initialPeerSettings(): PeerSettings {
  return {
    maxStreams: 100,
    initialWindow: DEFAULT_WINDOW,
    maxFrame: DEFAULT_MAX_FRAME,
  };
}

/**
 * Reads a SETTINGS payload into `peer`. HEADER_TABLE_SIZE is ignored, because our encoder uses no
 * dynamic table, and so is MAX_HEADER_LIST_SIZE, which is only advice. Throws Http2Error for a
 * forbidden value; `role` is ours.
 */
export function applySettings(
  peer: PeerSettings,
  payload: Uint8Array,
  role: "client" | "server",
): void {
  if (payload.length % 6 !== 0) {
    throw new Http2Error(Code.FRAME_SIZE_ERROR, "SETTINGS whose length is not a multiple of six");
  }
  for (let at = 0; at < payload.length; at += 6) {
    const value = getUint32(payload, at + 2);
    switch ((payload[at]! << 8) | payload[at + 1]!) {
      case ENABLE_PUSH:
        if (value > 1 || (value === 1 && role === "client")) {
          throw new Http2Error(Code.PROTOCOL_ERROR, `ENABLE_PUSH of ${value}`);
        }
        break;
      case MAX_CONCURRENT_STREAMS:
        peer.maxStreams = value;
        break;
      case INITIAL_WINDOW_SIZE:
        if (value > MAX_31) {
          throw new Http2Error(Code.FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE of ${value}`);
        }
        peer.initialWindow = value;
        break;
      case MAX_FRAME_SIZE:
        if (value < DEFAULT_MAX_FRAME || value > LARGEST_MAX_FRAME) {
          throw new Http2Error(Code.PROTOCOL_ERROR, `MAX_FRAME_SIZE of ${value}`);
        }
        peer.maxFrame = value;
        break;
    }
  }
}
