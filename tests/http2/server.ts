/**
 * A small HTTP/2 server over our own connection, for clients that are not ours:
 *
 *     deno run -N tests/http2/server.ts [port]
 *
 * It prints its port. POST answers with the body it was sent; `/bytes/N` answers with N bytes;
 * anything else with "hello\n".
 */
import type { ConnectionOptions } from "../../buildkit/http2/connection.ts";
import { SendQueue } from "../../buildkit/http2/send_queue.ts";
import type { Header } from "../../buildkit/http2/hpack.ts";
import type { Stream, StreamHandler } from "../../buildkit/http2/stream.ts";
import { serveConnections } from "./serve_connections.ts";

/** Handles one request as the file's head says. */
function answer(stream: Stream, list: Header[]): StreamHandler {
  const value = (name: string) => list.find((header) => header[0] === name)?.[1] ?? "";
  const size = /^\/bytes\/(\d+)$/.exec(value(":path"));
  if (value(":method") === "POST") return echo(stream);
  if (value(":method") === "HEAD") {
    stream.sendHeaders([[":status", "200"]], true);
  } else if (size) {
    stream.sendHeaders([[":status", "200"], ["content-length", size[1]!]]);
    stream.attach(queueOf(Uint8Array.from({ length: Number(size[1]) }, (_, at) => at)));
  } else {
    stream.sendHeaders([[":status", "200"], ["content-type", "text/plain"]]);
    stream.attach(queueOf(new TextEncoder().encode("hello\n")));
  }
  return { data: (chunk) => stream.credit(chunk.length), closed() {} };
}

/** A whole body, and its end. */
function queueOf(body: Uint8Array): SendQueue {
  const queue = new SendQueue();
  queue.push(body);
  queue.end();
  return queue;
}

function echo(stream: Stream): StreamHandler {
  const queue = new SendQueue();
  stream.sendHeaders([[":status", "200"]]);
  stream.attach(queue);
  return {
    data(chunk) {
      // The peer's window opens only once the echo is on its way: so memory stays within the
      // window.
      const copy = chunk.slice();
      queue.push(copy, () => stream.credit(copy.length));
    },
    end() {
      stream.sendTrailers([["x-end", "whole"]]);
    },
    closed() {},
  };
}

/** Listens on a port of 127.0.0.1 (0: any) and serves until `close`. */
export function serve(
  port: number,
  options: Omit<ConnectionOptions, "onStream"> = {},
): { port: number; close(): Promise<void> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const served = serveConnections(listener, { ...options, onStream: answer });
  return { port: listener.addr.port, close: () => served.close() };
}

if (import.meta.main) {
  const server = serve(Number(Deno.args[0] ?? 0));
  await Deno.stdout.write(new TextEncoder().encode(`${server.port}\n`));
}
