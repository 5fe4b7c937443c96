/** Turns the kinds of streams that a plugin may return into a `ByteStream`. */
import type { Duplex } from "node:stream";
import { type ByteStream, streamOf } from "../byte_stream.ts";
import { duplexStream } from "../net/duplex_stream.ts";
import { ofWebPair, type WebPair } from "../net/web_pair.ts";

/** Turns a `ByteStream`, a node Duplex or a web pair into one; undefined for another value. */
export function byteStreamOf(stream: unknown): ByteStream | undefined {
  if (typeof stream !== "object" || stream === null) return undefined;
  // The stream may be a socket of Deno, which must not be closed twice.
  if (has(stream, "read", "write", "closeWrite", "close")) return streamOf(stream as Deno.Conn);
  if (has(stream, "on", "read", "write", "end", "destroy")) {
    const duplex = stream as Duplex;
    return duplexStream(duplex, { foreign: true, close: () => duplex.destroy() });
  }
  const { readable, writable } = stream as Partial<WebPair>;
  if (!(readable instanceof ReadableStream) || !(writable instanceof WritableStream)) {
    return undefined;
  }
  return ofWebPair({ readable, writable }, { copies: true });
}

function has(value: object, ...methods: string[]): boolean {
  return methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}
