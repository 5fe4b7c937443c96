/** HTTP/2 (RFC 9113) over any byte stream, both roles. */
export { Connection, type ConnectionOptions, type OpenOptions } from "./connection.ts";
export type { Goaway } from "./core.ts";
export { type Drive, drive } from "./connection_io.ts";
export { Code, codeName, ConnectionLostError, Http2Error, NotHttp2Error } from "./errors.ts";
export type { Header } from "./hpack.ts";
export type { OnStream } from "./incoming.ts";
export { SendQueue } from "./send_queue.ts";
export type { Limits } from "./settings.ts";
export type { Source } from "./source.ts";
export type { Stream, StreamHandler, StreamState } from "./stream.ts";
