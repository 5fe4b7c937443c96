/**
 * An HTTP/1.1 client (RFC 9112) over a byte stream, with one request per connection. The answer can
 * be read while the request's body is still streamed. The connection may be upgraded to another
 * protocol, to which all bytes after the answer's head belong.
 */
import { joinBytes, writeAll } from "../../base/bytes.ts";
import type { ByteStream } from "../byte_stream.ts";
import { cut } from "../../base/cut.ts";

/** A request. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, escaped. */
  readonly path: string;
  /** The value of `Host`. */
  readonly host: string;
  /** The headers; a list of values becomes one line each. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The whole body, or `stream` when `HttpExchange.write` sends it. */
  readonly body?: Uint8Array | "stream";
  /** The protocol to upgrade to. */
  readonly upgrade?: string;
}

/** The head of an answer. */
export interface HttpHead {
  readonly status: number;
  /** The status and the reason: `404 Not Found`. */
  readonly line: string;
  /** The headers by lower-case name; commas join the values of one name. */
  readonly headers: ReadonlyMap<string, string>;
}

/** An answer that is no HTTP, or is cut off. */
export class HttpError extends Error {
  override readonly name = "HttpError";
}

/** The longest head, in bytes. */
const LONGEST_HEAD = 64 << 10;
/** The longest line with a chunk's length, in bytes. */
const LONGEST_LINE = 4 << 10;
const BUFFER = 16 << 10;

/** Sends a request's head, and a body that isn't streamed. Rejects with the stream's errors. */
export async function startExchange(
  stream: ByteStream,
  request: HttpRequest,
): Promise<HttpExchange> {
  const head = new TextEncoder().encode(headOf(request));
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
  // Head and body go in one write. A server that answers to the head and hangs up would meet a
  // later body with a reset, which loses the answer.
  await writeAll(stream, joinBytes([head, body]));
  return new HttpExchange(stream, request.method);
}

function headOf({ method, path, host, headers, body, upgrade }: HttpRequest): string {
  const fields: Record<string, string | readonly string[]> = {
    Host: host,
    "User-Agent": "fairlead",
    ...headers,
  };
  if (body === "stream") fields["Transfer-Encoding"] = "chunked";
  else if (body || method === "POST") fields["Content-Length"] = String(body?.length ?? 0);
  fields["Connection"] = upgrade === undefined ? "close" : "Upgrade";
  if (upgrade !== undefined) fields["Upgrade"] = upgrade;
  const lines = [`${method} ${path} HTTP/1.1`];
  for (const [name, values] of Object.entries(fields)) {
    for (const value of [values].flat()) lines.push(`${name}: ${value}`);
  }
  if (/[\s\0]/.test(path)) {
    throw new HttpError(`cannot ask for ${JSON.stringify(path)}: it has blanks`);
  }
  const bad = lines.find((line) => /[\r\n\0]/.test(line));
  if (bad !== undefined) {
    // The value may be a secret.
    throw new HttpError(`the header ${bad.split(":", 1)[0]} has a line end in its value`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** One request and its answer. Closing the stream ends it at any time. */
export class HttpExchange {
  readonly #buffer = new Uint8Array(BUFFER);
  #at = 0;
  #end = 0;
  /** The end of the last chunk of a streamed body, to be sent before the next one. */
  #between = "";
  /** The unread bytes of the answer's body, or of its chunk. */
  #left = Infinity;
  #chunks: "none" | "first" | "next" = "none";

  constructor(private readonly stream: ByteStream, private readonly method: string) {}

  /** Sends a part of a streamed body. The caller must not change `bytes` until this resolves. */
  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.#text(`${this.#between}${bytes.length.toString(16)}\r\n`);
    this.#between = "\r\n";
    await writeAll(this.stream, bytes);
  }

  /** Ends a streamed body. */
  async end(): Promise<void> {
    await this.#text(`${this.#between}0\r\n\r\n`);
  }

  #text(text: string): Promise<void> {
    return writeAll(this.stream, new TextEncoder().encode(text));
  }

  /** Reads the answer's head. To be called once, before `read`. Throws `HttpError`. */
  async head(): Promise<HttpHead> {
    const limit = { left: LONGEST_HEAD };
    let first = await this.#line(limit);
    // Interim answers (100 Continue) precede the final one; 101 is final.
    while (/^HTTP\/1\.[01] 1(?!01)\d\d\b/.test(first)) {
      while (await this.#line(limit) !== "") { /* its header */ }
      first = await this.#line(limit);
    }
    const [, line, status] = /^HTTP\/1\.[01] ((\d{3})(?: .*)?)$/.exec(first) ?? [];
    if (status === undefined) {
      throw new HttpError(
        `the answer is not HTTP: it begins ${JSON.stringify(first.slice(0, 40))}`,
      );
    }
    const headers = new Map<string, string>();
    for (let field = await this.#line(limit); field !== ""; field = await this.#line(limit)) {
      const [name, value] = cut(field, ":");
      if (name === "" || value === undefined) {
        throw new HttpError("the answer has a header line without a name");
      }
      const key = name.toLowerCase();
      const before = headers.get(key);
      headers.set(key, before === undefined ? value.trim() : `${before}, ${value.trim()}`);
    }
    const head = { status: Number(status), line: line!.trim(), headers };
    this.#frame(head);
    return head;
  }

  /** Determines the body's length (RFC 9112 §6.3). */
  #frame({ status, headers }: HttpHead): void {
    const length = headers.get("content-length");
    if (this.method === "HEAD" || status === 204 || status === 304) this.#left = 0;
    else if (/\bchunked$/i.test(headers.get("transfer-encoding") ?? "")) {
      this.#left = 0;
      this.#chunks = "first";
    } else if (length !== undefined && status !== 101) {
      if (!/^\d{1,15}$/.test(length)) {
        throw new HttpError("the answer's Content-Length is not a number");
      }
      this.#left = Number(length);
    }
  }

  /**
   * Reads some of the answer's body; null at its end. After an upgrade, and in an answer without a
   * length, the body is the rest of the stream.
   */
  async read(into: Uint8Array): Promise<number | null> {
    if (this.#left === 0 && this.#chunks !== "none") await this.#nextChunk();
    if (this.#left === 0) return null;
    const most = Math.min(into.length, this.#left);
    if (this.#at < this.#end) {
      const n = Math.min(most, this.#end - this.#at);
      into.set(this.#buffer.subarray(this.#at, this.#at + n));
      this.#at += n;
      this.#left -= n;
      return n;
    }
    const n = await this.stream.read(into.subarray(0, most));
    if (n === null && this.#left === Infinity) return null;
    if (n === null) throw new HttpError("the answer ended early");
    this.#left -= n;
    return n;
  }

  /** Sets `#left` to the length of the next chunk, 0 after the last one. */
  async #nextChunk(): Promise<void> {
    const limit = () => ({ left: LONGEST_LINE });
    if (this.#chunks === "next" && await this.#line(limit()) !== "") {
      throw new HttpError("the answer has a chunk longer than it says");
    }
    this.#chunks = "next";
    const line = await this.#line(limit());
    const size = /^([0-9a-fA-F]{1,12})\s*(?:;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new HttpError("the answer has a chunk without a length");
    this.#left = parseInt(size, 16);
    if (this.#left > 0) return;
    this.#chunks = "none";
    const trailers = { left: LONGEST_HEAD };
    while (await this.#line(trailers) !== "") { /* dropped */ }
  }

  /** The rest of an upgraded connection: the bytes that came with the head, then the stream. */
  upgraded(): ByteStream {
    const stream = this.stream;
    return {
      read: (into) => this.read(into),
      write: (from) => stream.write(from),
      closeWrite: () => stream.closeWrite(),
      close: () => stream.close(),
    };
  }

  /** Reads a line without its end, CRLF or LF. */
  async #line(limit: { left: number }): Promise<string> {
    let text = "";
    while (true) {
      const part = this.#buffer.subarray(this.#at, this.#end);
      const feed = part.indexOf(0x0a);
      const line = feed < 0 ? part : part.subarray(0, feed);
      for (const byte of line) text += String.fromCharCode(byte);
      limit.left -= line.length;
      if (limit.left < 0) throw new HttpError("the head of the answer is too long");
      if (feed >= 0) {
        this.#at += feed + 1;
        return text.endsWith("\r") ? text.slice(0, -1) : text;
      }
      const n = await this.stream.read(this.#buffer);
      if (n === null) {
        throw new HttpError(text === "" ? "the connection ended" : "the answer ended early");
      }
      this.#at = 0;
      this.#end = n;
    }
  }
}

/**
 * Reads the rest of an answer's body as text. Throws `HttpError` when it has `longest` characters
 * or more.
 * @param lenient returns the text so far when the connection breaks
 */
export async function readText(
  http: HttpExchange,
  longest: number,
  lenient = false,
): Promise<string> {
  const decoder = new TextDecoder();
  const part = new Uint8Array(8192);
  let text = "";
  while (text.length < longest) {
    const n = await http.read(part).catch((error) => {
      if (lenient && text !== "") return null;
      throw error;
    });
    if (n === null) return text;
    text += decoder.decode(part.subarray(0, n), { stream: true });
  }
  throw new HttpError("the answer is too long");
}
