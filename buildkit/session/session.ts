/**
 * A session: services of this side that the daemon may call while a build runs.
 *
 * The daemon learns from the request's metadata which methods there are, and calls no other.
 */
import { errorText } from "../../base/error_text.ts";
import { takeTurns, within } from "../../base/async.ts";
import type { ByteStream } from "../../transports/byte_stream.ts";
import { Connection } from "../http2/connection.ts";
import { runConnection } from "../http2/connection_io.ts";
import type { Http2Error } from "../http2/errors.ts";
import { makeCompression } from "../grpc/compression.ts";
import { serve } from "../grpc/server.ts";
import { mapHandlers, pathOf, type Service } from "../grpc/call.ts";
import type { Channel, ClientCall } from "../grpc/channel.ts";
import { MAX_METADATA } from "../grpc/metadata.ts";
import { Code, RpcError } from "../grpc/status.ts";
import { ControlDefinition } from "../../proto/gen/control.ts";
import { bytesOf, TunnelSource } from "./tunnel.ts";

/** Options of a session. */
export interface SessionOptions {
  /** The session's name, which the build's request has too. */
  readonly id: string;
  /**
   * Ties the daemon's copy of a local folder to the next build of the same folder; empty for none.
   * The daemon takes printable ASCII only.
   */
  readonly sharedKey: string;
  /** The services that the daemon may call. */
  readonly services: readonly Service[];
  /** Messages to the daemon may be compressed where that is quicker; true by default. */
  readonly compress?: boolean;
  /** Called for every failed call, before the daemon gets the status. */
  readonly onError?: (path: string, error: RpcError) => void;
}

/** An open session. */
export interface Session {
  /** The session's name. */
  readonly id: string;
  /** The connection that carries the session: the daemon checks our health there, every 5 s. */
  readonly connection: Connection;
  /** The connection on which the daemon calls: `connection`, or one inside a stream of it. */
  readonly served: Connection;
  /** Settles when the session is over: rejects when it was lost. */
  readonly done: Promise<void>;
  /**
   * Ends the calls under way and half-closes the session. Then waits for the daemon to end it, and
   * for the services to remove incomplete work: 3 s at most.
   */
  close(): Promise<void>;
}

/** Windows of the inner connection, in bytes: what a slow receiver of ours may have waiting. */
const STREAM_WINDOW = 4 << 20;
const CONNECTION_WINDOW = 8 << 20;
/**
 * How long the daemon gets to end a session that we half-closed, and services to tidy up, in ms.
 */
const CLOSE_WAIT = 3000;

/**
 * The calls by which the daemon reads files, and how many of them run at a time; further ones wait.
 * Each holds up to 5 MiB that the daemon hasn't read. A build reads few folders and blobs at once.
 */
const READS =
  /^\/(moby\.filesync\.v1\.FileSync|moby\.upload\.v1\.Upload)\/|\.content\.v1\.Content\/Read$/;
const MOST_READS = 32;

/** Opens a session over the channel. It is served as soon as the daemon calls. */
export function openSession(channel: Channel, options: SessionOptions): Session {
  const { inner, running } = sessionServer(options, (error) => {
    if (error) call.cancel(broken(error));
  }, channel.connection);
  const source = new TunnelSource(inner);
  const call: ClientCall = channel.call(
    pathOf(ControlDefinition, ControlDefinition.methods.session),
    {
      metadata: sessionMetadata(options),
      source,
    },
  );
  const received = call.receive((message) => inner.receive(payloadOf(message)));
  const done = received.finally(() => inner.lost(new Error("the session is over")));
  done.catch(() => {});
  return {
    id: options.id,
    connection: channel.connection,
    served: inner,
    done,
    async close() {
      source.end();
      // Ended calls reject what their services wait for.
      inner.lost(new Error("the session is over"));
      await within(Promise.allSettled([done, ...running]), CLOSE_WAIT);
      call.cancel();
    },
  };
}

/**
 * Serves a session over a connection of its own, in which the daemon is the client: Docker's engine
 * takes sessions so.
 */
export function serveSession(stream: ByteStream, options: SessionOptions): Session {
  let failure: Http2Error | undefined;
  const { inner, running } = sessionServer(options, (error) => failure = error);
  const own = runConnection(inner, stream);
  const done = own.closed.then(() => {
    if (failure) throw broken(failure);
  });
  done.catch(() => {});
  return {
    id: options.id,
    connection: inner,
    served: inner,
    done,
    async close() {
      own.abort(new Error("the session is over"));
      await within(Promise.allSettled([done, ...running]), CLOSE_WAIT);
    },
  };
}

/**
 * The services on the server's end of an HTTP/2 connection, and the calls of them under way.
 * @param outer the connection that carries this one, if one does
 */
function sessionServer(
  { services, onError, compress = true }: SessionOptions,
  onClosed: (error?: Http2Error) => void,
  outer?: Connection,
): { inner: Connection; running: ReadonlySet<Promise<void>> } {
  const running = new Set<Promise<void>>();
  const turn = takeTurns(MOST_READS);
  // The daemon's end is a client, which takes any number of PINGs.
  let roundTrip = Infinity;
  let isAsking = false;
  const ping = () => {
    // A daemon may call without end, and answer no PING.
    if (isAsking) return;
    isAsking = true;
    inner.ping().then((ms) => {
      isAsking = false;
      roundTrip = Math.min(roundTrip, ms);
      inner.roundTrip = roundTrip;
      if (outer !== undefined) outer.roundTrip = roundTrip;
    }, () => {});
  };
  const inner: Connection = new Connection("server", {
    limits: {
      streamWindow: STREAM_WINDOW,
      connectionWindow: CONNECTION_WINDOW,
      maxHeaderList: MAX_METADATA,
    },
    onStream: serve(
      services.map((service) => tracked(inTurns(service, turn), running, ping)),
      onError,
      compress ? makeCompression(() => roundTrip) : undefined,
    ),
    onClosed,
  });
  return { inner, running };
}

/** The same service; its calls that read files wait for their turn. */
function inTurns(service: Service, turn: ReturnType<typeof takeTurns>): Service {
  return mapHandlers(
    service,
    (handler, path) =>
      READS.test(path) ? (call) => turn(() => handler(call), call.signal) : handler,
  );
}

/** The same service; its calls under way are in `running`, and `onCall` hears of each beginning. */
function tracked(
  service: Service,
  running: Set<Promise<void>>,
  onCall: () => void,
): Service {
  return mapHandlers(service, (handler) => (call) => {
    onCall();
    const run = handler(call);
    running.add(run);
    const over = () => running.delete(run);
    run.then(over, over);
    return run;
  });
}

function payloadOf(message: Uint8Array): Uint8Array {
  try {
    return bytesOf(message);
  } catch (error) {
    throw broken(error);
  }
}

function broken(cause: unknown): RpcError {
  const reason = errorText(cause);
  return new RpcError(Code.UNKNOWN, `the builder broke the session: ${reason}`, { cause });
}

/** The metadata with which a session is opened. */
export function sessionMetadata(
  options: Omit<SessionOptions, "onError">,
): [string, string][] {
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
