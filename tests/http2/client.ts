/** Requests over our own connection, with whole answers, for servers that are not ours. */
import { Connection, type ConnectionOptions } from "../../buildkit/http2/connection.ts";
import { runConnection, type RunningConnection } from "../../buildkit/http2/connection_io.ts";
import type { Http2Error } from "../../buildkit/http2/errors.ts";
import type { Header } from "../../buildkit/http2/hpack.ts";
import { SendQueue } from "../../buildkit/http2/send_queue.ts";
import { joinBytes } from "../../base/bytes.ts";

export interface Answer {
  headers: Header[];
  trailers: Header[];
  body: Uint8Array;
}

export interface Client {
  connection: Connection;
  run: RunningConnection;
  error: Http2Error | undefined;
  /** Rejects with the error that ended the stream. */
  ask(method: string, path: string, body?: Uint8Array, trailers?: Header[]): Promise<Answer>;
}

export async function connect(port: number, options: ConnectionOptions = {}): Promise<Client> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  socket.setNoDelay(true);
  const connection = new Connection("client", {
    ...options,
    onClosed: (error) => client.error = error,
  });
  const client: Client = {
    connection,
    run: runConnection(connection, socket),
    error: undefined,
    ask: (method, path, body, trailers) => ask(connection, port, method, path, body, trailers),
  };
  return client;
}

function ask(
  connection: Connection,
  port: number,
  method: string,
  path: string,
  body?: Uint8Array,
  trailers?: Header[],
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const answer: Answer = { headers: [], trailers: [], body: new Uint8Array() };
    const chunks: Uint8Array[] = [];
    const stream = connection.openStream(
      [
        [":method", method],
        [":scheme", "http"],
        [":authority", `127.0.0.1:${port}`],
        [":path", path],
      ],
      {
        headers: (list) => answer.headers = list,
        data(chunk) {
          chunks.push(chunk.slice());
          stream.credit(chunk.length);
        },
        trailers: (list) => answer.trailers = list,
        closed(error) {
          if (error) return reject(error);
          answer.body = joinBytes(chunks);
          resolve(answer);
        },
      },
      { endStream: body === undefined },
    );
    if (body === undefined) return;
    const queue = new SendQueue();
    queue.push(body);
    stream.attach(queue);
    if (trailers === undefined) queue.end();
    else stream.sendTrailers(trailers);
  });
}
