/**
 * A session: services of ours that the daemon may call while a build runs.
 *
 * The daemon learns from the request's metadata which methods there are, and calls no other.
 */
import { Connection } from "../http2/connection.ts";
import { serve } from "../grpc/server.ts";
import type { Service } from "../grpc/call.ts";
import type { Channel } from "../grpc/channel.ts";
import type { RpcError } from "../grpc/status.ts";
import { pathOf } from "../grpc/call.ts";
import { ControlDefinition } from "../../proto/gen/control.ts";
import { bytesOf, TunnelSource } from "./tunnel.ts";

/** What a session is opened with. */
export interface SessionOptions {
  readonly id: string;
  /**
   * Ties the daemon's copy of a local folder to the next build of the same folder; empty for none.
   * The daemon takes printable ASCII only.
   */
  readonly sharedKey: string;
  readonly services: readonly Service[];
  /** Hears of every call that failed, before the daemon does. */
  readonly onError?: (path: string, error: RpcError) => void;
}

/** An open session. */
export interface Session {
  readonly id: string;
  /** Settles when the session is over: rejects when it was lost. */
  readonly done: Promise<void>;
  /** Half-closes the session and waits for the daemon to end it, 3 s at most. */
  close(): Promise<void>;
}

/** Windows of the inner connection, in bytes: what a slow receiver of ours may have waiting. */
const STREAM_WINDOW = 2 << 20;
const CONNECTION_WINDOW = 8 << 20;
/** How long the daemon gets to end a session that we half-closed, in milliseconds. */
const CLOSE_WAIT = 3000;

/** Opens a session over the channel. It is served as soon as the daemon calls. */
export function openSession(channel: Channel, options: SessionOptions): Session {
  const inner = new Connection("server", {
    limits: { streamWindow: STREAM_WINDOW, connectionWindow: CONNECTION_WINDOW },
    onStream: serve(options.services, options.onError),
  });
  const source = new TunnelSource(inner);
  const call = channel.call(pathOf(ControlDefinition, ControlDefinition.methods.session), {
    metadata: sessionMetadata(options),
    source,
  });
  const received = call.receive((message) => inner.receive(bytesOf(message)));
  const done = received.finally(() => inner.lost(new Error("the session is over")));
  done.catch(() => {});
  return {
    id: options.id,
    done,
    async close() {
      source.end();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_WAIT));
      await Promise.race([done.catch(() => {}), late]);
      clearTimeout(timer);
      call.cancel();
    },
  };
}

function sessionMetadata(options: SessionOptions): [string, string][] {
  const metadata: [string, string][] = [
    ["x-docker-expose-session-uuid", options.id],
    ["x-docker-expose-session-sharedkey", options.sharedKey],
  ];
  for (const service of options.services) {
    for (const path of Object.keys(service)) {
      metadata.push(["x-docker-expose-session-grpc-method", path]);
    }
  }
  return metadata;
}
