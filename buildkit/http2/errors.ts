/**
 * The errors of HTTP/2 (RFC 9113 §5.4 and §7): a 32-bit code, sent in RST_STREAM for one stream, or
 * in GOAWAY for the whole connection, there with debug text.
 */

/** Error codes of RFC 9113 §7. */
export const Code = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

const names = new Map<number, string>(Object.entries(Code).map(([name, code]) => [code, name]));

/** The name RFC 9113 §7 gives a code, or `0x…` for one that it does not know. */
export function codeName(code: number): string {
  return names.get(code) ?? `0x${code.toString(16)}`;
}

/** The details of an error besides its message. */
export interface Http2ErrorOptions {
  /** The stream it ended; absent when the whole connection is over. */
  streamId?: number;
  /** GOAWAY's debug data, as text. */
  debug?: string;
  /** True when the peer ended it (RST_STREAM, GOAWAY), false when this side did. */
  remote?: boolean;
  /** The peer surely did not process the request, so it may be sent again (RFC 9113 §8.7). */
  retryable?: boolean;
  cause?: unknown;
}

/** Any failure of HTTP/2, of one stream or of the connection. */
export class Http2Error extends Error {
  override readonly name: string = "Http2Error";
  readonly streamId: number | undefined;
  readonly debug: string | undefined;
  readonly remote: boolean;
  readonly retryable: boolean;

  constructor(readonly code: number, message: string, options: Http2ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.streamId = options.streamId;
    this.debug = options.debug;
    this.remote = options.remote ?? false;
    this.retryable = options.retryable ?? false;
  }
}

/** The peer's first bytes are not HTTP/2's: another protocol answers there, TLS, or plain text. */
export class NotHttp2Error extends Http2Error {
  override readonly name = "NotHttp2Error";
  /** The peer's first bytes instead, at most 200. */
  readonly received: Uint8Array;

  constructor(message: string, received: Uint8Array) {
    super(Code.PROTOCOL_ERROR, message);
    this.received = received.slice(0, 200);
  }
}

/** The byte stream ended or broke under the connection; if it broke, `cause` is the error. */
export class ConnectionLostError extends Http2Error {
  override readonly name = "ConnectionLostError";
}
