/**
 * The Control.Session stream as a tunnel, and its BytesMessages. In the inner HTTP/2 connection the
 * daemon is the client. Its bytes travel in the gRPC messages (BytesMessage) of one stream of the
 * outer connection, in which the daemon is the server.
 *
 * The inner connection is pulled straight into the payload of the outer DATA frames: each frame
 * holds one gRPC message with its header. So the outer flow control counts every inner byte, also
 * those of control frames; the daemon would reset a stream that exceeds its window.
 */
import { varint } from "../../proto/varint.ts";
import { BytesMessage } from "../../proto/gen/control.ts";
import type { Connection } from "../http2/connection.ts";
import type { Source } from "../http2/source.ts";
import { decode } from "../grpc/call.ts";
import { PREFIX, writePrefix } from "../grpc/envelope.ts";

/** Tag of BytesMessage.data: field 1, length-delimited. */
const DATA_TAG = 0x0a;
/** The length of data is written as a varint of three bytes, whatever it is: below 2 MiB. */
const HEADER = PREFIX + 1 + 3;
const LARGEST = (1 << 21) - 1;

/** Sends the bytes of an inner connection as BytesMessages. */
export class TunnelSource implements Source {
  #ended = false;
  #wake: (() => void) | undefined;

  /** @param inner the inner connection; this source sets its `onWritable` */
  constructor(private readonly inner: Connection) {
    inner.onWritable = () => this.#wake?.();
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Half-closes the session; unsent bytes of the inner connection are dropped. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  available(): number {
    const inner = this.#ended ? 0 : this.inner.available();
    return inner === 0 ? 0 : HEADER + inner;
  }

  waiting(): number {
    return this.#ended ? 0 : this.inner.waiting();
  }

  pull(into: Uint8Array): number {
    if (this.#ended || into.length <= HEADER) return 0;
    const end = Math.min(into.length, HEADER + LARGEST);
    const n = this.inner.pull(into.subarray(HEADER, end));
    if (n === 0) return 0;
    writePrefix(into, HEADER - PREFIX + n);
    into[PREFIX] = DATA_TAG;
    into[PREFIX + 1] = (n & 0x7f) | 0x80;
    into[PREFIX + 2] = ((n >>> 7) & 0x7f) | 0x80;
    into[PREFIX + 3] = n >>> 14;
    return HEADER + n;
  }

  attached(wake: () => void): void {
    this.#wake = wake;
  }

  detached(): void {
    this.#wake = undefined;
  }
}

/**
 * The bytes of a BytesMessage, as a part of it. Several data fields follow each other; unknown
 * fields are skipped. Throws an RpcError for bytes that are no message.
 */
export function bytesOf(message: Uint8Array): Uint8Array {
  if (message.length === 0) return message;
  // The one shape that the daemon sends: one data field that fills the message.
  if (message[0] === DATA_TAG) {
    let length = 0;
    let at = 1;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = message[at++]!;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (at + length === message.length) return message.subarray(at);
  }
  return decode(BytesMessage, message, "bytes").data;
}

/**
 * The bytes before `length` bytes of data in a BytesMessage: the tag of field 1, and the length.
 */
export function bytesMessageHead(length: number): Uint8Array {
  return new Uint8Array([DATA_TAG, ...varint(length)]);
}
