/**
 * The first bytes of a connection (RFC 9113 §3.4): a client starts with a fixed preface, then the
 * first frame of either side is SETTINGS. A peer that answers anything else speaks HTTP/1.1 or TLS,
 * or is a program that prints a complaint. The bytes are kept for the error.
 */
import { byteString } from "../../base/bytes.ts";
import { NotHttp2Error } from "./errors.ts";
import { Flag, Frame, HEADER_BYTES, PREFACE } from "./frame.ts";

const KEPT = 200;

export class Sniffer {
  readonly #kept: Uint8Array = new Uint8Array(KEPT);
  #count = 0;
  #preface = 0; // bytes of it that have come

  /** `role` is ours. */
  constructor(private readonly role: "client" | "server") {
    if (role === "client") this.#preface = PREFACE.length;
  }

  /** The bytes so far, at most 200. */
  get sniffed(): Uint8Array {
    return this.#kept.subarray(0, this.#count);
  }

  /**
   * Looks at the next bytes, and returns where in them frames start. Throws NotHttp2Error as soon
   * as that is sure.
   */
  sniff(chunk: Uint8Array): number {
    const some = chunk.subarray(0, KEPT - this.#count);
    this.#kept.set(some, this.#count);
    this.#count += some.length;
    let at = 0;
    for (; this.#preface < PREFACE.length && at < chunk.length; at++, this.#preface++) {
      if (chunk[at] !== PREFACE[this.#preface]) throw notHttp2("client", this.sniffed);
    }
    if (this.role === "client" && !couldBeSettings(this.sniffed)) {
      throw notHttp2("server", this.sniffed);
    }
    return at;
  }
}

/** Whether a SETTINGS frame may begin so: any prefix of its header is enough to say no. */
function couldBeSettings(bytes: Uint8Array): boolean {
  return bytes.subarray(0, HEADER_BYTES).every((byte, i) => {
    if (i === 1 || i === 2) return i === 2 || byte <= 0x40;
    if (i === 3) return byte === Frame.SETTINGS;
    return i === 4 ? (byte & Flag.ACK) === 0 : byte === 0;
  });
}

/** The error for a peer that speaks something else; `side` is the peer's role. */
export function notHttp2(side: "client" | "server", received: Uint8Array): NotHttp2Error {
  if (received.length === 0) {
    return new NotHttp2Error(`the ${side} closed the connection before any HTTP/2`, received);
  }
  const text = byteString(received.subarray(0, 60));
  return new NotHttp2Error(
    `the ${side} does not speak HTTP/2: its first bytes are ${JSON.stringify(text)}`,
    received,
  );
}
