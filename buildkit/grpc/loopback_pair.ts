/** Two gRPC ends joined in memory, for tests: each receives the bytes that the other sends. */
import { Connection } from "../http2/connection.ts";
import type { Service } from "./call.ts";
import { Channel } from "./channel.ts";
import { serve } from "./server.ts";

/** A channel to `services`. `pause` holds the bytes back both ways, `cut` loses the connection. */
interface Loopback {
  readonly channel: Channel;
  readonly client: Connection;
  readonly server: Connection;
  cut(reason: string): void;
}

export function loopback(services: readonly Service[]): Loopback {
  const client = new Connection("client");
  const server = new Connection("server", { onStream: serve(services) });
  let lost = false;
  const pump = (from: Connection, to: Connection) => {
    const buffer = new Uint8Array(32 << 10);
    let scheduled = false;
    const run = () => {
      scheduled = false;
      for (let n = from.pull(buffer); n > 0 && !lost; n = from.pull(buffer)) {
        to.receive(buffer.subarray(0, n));
      }
    };
    from.onWritable = () => {
      if (scheduled) return;
      scheduled = true;
      queueMicrotask(run);
    };
    queueMicrotask(run);
  };
  pump(client, server);
  pump(server, client);
  return {
    channel: new Channel(client, "test", "test"),
    client,
    server,
    cut(reason) {
      lost = true;
      client.lost(new Error(reason));
      server.lost(new Error(reason));
    },
  };
}
