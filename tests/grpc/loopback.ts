/** Two gRPC ends joined in memory, each receives the bytes that the other sends. */
import { Client } from "../../buildkit/client.ts";
import { Connection } from "../../buildkit/http2/connection.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import { Channel } from "../../buildkit/grpc/channel.ts";
import { serve } from "../../buildkit/grpc/server.ts";

/** A client of a daemon that has one service. */
export function clientOf(service: Service): Client {
  return new Client(loopback([service]).channel, { peer: "test" }, () => Promise.resolve());
}

/** A channel to services, and a function that loses the connection. */
interface Loopback {
  readonly channel: Channel;
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
    cut(reason) {
      lost = true;
      client.lost(new Error(reason));
      server.lost(new Error(reason));
    },
  };
}
