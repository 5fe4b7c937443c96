/**
 * @grpc/grpc-js as the independent peer, in both roles, with bytes as messages: gRPC doesn't depend
 * on their content.
 */
import { Buffer } from "node:buffer";
import {
  type ChannelCredentials,
  Client,
  credentials,
  Server,
  ServerCredentials,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import type { Compression } from "../../buildkit/grpc/compression.ts";
import type { Service } from "../../buildkit/grpc/call.ts";
import { Channel } from "../../buildkit/grpc/channel.ts";
import { serve } from "../../buildkit/grpc/server.ts";
import { Connection } from "../../buildkit/http2/connection.ts";
import { runConnection } from "../../buildkit/http2/connection_io.ts";
import { serveConnections } from "../http2/serve_connections.ts";

const asBytes = (bytes: Uint8Array) => Buffer.from(bytes);
const limits = {
  "grpc.max_receive_message_length": 16 << 20,
  "grpc.max_send_message_length": 32 << 20,
  // Reconnecting in the background would outlive the test.
  "grpc.enable_retries": 0,
};

export interface Method {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly handle: UntypedHandleCall;
}

/** A grpc-js server with these methods, below `/test.Peer/`, and a channel of ours to it. */
export async function theirServer(methods: Record<string, Method>) {
  const server = new Server(limits);
  const handlers: Record<string, UntypedHandleCall> = {};
  const definition = Object.fromEntries(
    Object.entries(methods).map(([name, { requestStream, responseStream, handle }]) => {
      handlers[name] = handle;
      return [name, {
        path: `/test.Peer/${name}`,
        requestStream,
        responseStream,
        requestSerialize: asBytes,
        requestDeserialize: asBytes,
        responseSerialize: asBytes,
        responseDeserialize: asBytes,
      }];
    }),
  );
  server.addService(definition, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
  const connection = new Connection("client");
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  socket.setNoDelay(true);
  const running = runConnection(connection, socket);
  return {
    channel: new Channel(connection, `127.0.0.1:${port}`, "fairlead-test"),
    async [Symbol.asyncDispose]() {
      await running.close();
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    },
  };
}

/**
 * A server of ours with these services, and a grpc-js client of it.
 * @param compression of our messages, as in `serve`
 */
export function ourServer(services: readonly Service[], compression?: Compression) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const onStream = serve(services, () => {}, compression);
  const served = serveConnections(listener, { onStream });
  const plain: ChannelCredentials = credentials.createInsecure();
  const client = new Client(`127.0.0.1:${listener.addr.port}`, plain, limits);
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await served.close("after the streams");
    },
  };
}

export { asBytes };
