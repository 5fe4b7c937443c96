import { DialError, StreamLost } from "../transports/errors.ts";
import type { Registry } from "../transports/registry.ts";
import { after, within } from "../base/async.ts";
import type { Connection as Dialled, DialContext } from "../transports/transport.ts";
import { type Budget, withinBudget } from "../transports/budget.ts";
import { Client } from "./client.ts";
import { ConnectionLost } from "./connection_lost.ts";
import { dialEndpoint, type TlsOptions } from "../transports/dial.ts";
import { Channel } from "./grpc/channel.ts";
import { MAX_METADATA } from "./grpc/metadata.ts";
import { Connection } from "./http2/connection.ts";
import { runConnection } from "./http2/connection_io.ts";
import { explainFirstBytes } from "../transports/first_bytes.ts";
import { SilenceError } from "./silence.ts";
import { type Http2Error, NotHttp2Error } from "./http2/errors.ts";
import { causesOf } from "../base/causes.ts";

/** The endpoint, and how to connect to it. */
interface ConnectOptions {
  readonly registry: Registry;
  readonly endpoint: string;
  readonly tls: TlsOptions;
  readonly context: DialContext;
  /** The time limit; without one there is a single attempt, which the signal or the system ends. */
  readonly budget?: Budget;
}

/** The receive window, in bytes: enough for 100 MB/s at 80 ms of delay. */
const LIMITS = {
  streamWindow: 8 << 20,
  connectionWindow: 16 << 20,
  maxHeaderList: MAX_METADATA,
};
/** How long the daemon may take to read our GOAWAY, in milliseconds. */
const CLOSE_WAIT = 1000;

/**
 * Connects to a daemon: transport, TLS where requested, HTTP/2, gRPC. It awaits nothing from the
 * daemon, so a defect of the daemon shows as the error of the first call. Throws `EndpointError`,
 * `DialError`, or the signal's reason.
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const { registry, endpoint, budget } = options;
  const { result: dialled, left } = await dial(options);
  options.context.step("http2");
  const transport = registry.find(endpoint);
  let stop = () => {};
  const described = transport.describe(transport.parse(endpoint));
  const client = clientOver(dialled, described, () => stop());
  if (budget !== undefined && left < Infinity) {
    const { connection } = client.channel;
    const born = connection.lastReceived;
    stop = after(left, () => {
      if (connection.lastReceived === born) connection.lost(new SilenceError(budget.ms));
    });
  }
  return client;
}

/**
 * HTTP/2 and gRPC over a connection, which is closed with the client.
 * @param endpoint for errors, redacted
 * @param onClose called when the client is closed: a timer left behind would keep the program alive
 */
export function clientOver(
  dialled: Dialled,
  endpoint: string,
  onClose: () => void = () => {},
): Client {
  const { stream, authority, secure } = dialled;
  const connection = new Connection("client", { limits: LIMITS });
  const born = connection.lastReceived;
  const running = runConnection(connection, stream);
  const channel = new Channel(connection, authority, "fairlead", (error) => {
    const answered = connection.lastReceived !== born;
    return lostError(error, { endpoint, secure, answered });
  });
  return new Client(channel, dialled, async () => {
    onClose();
    await within(running.close(), CLOSE_WAIT);
    running.abort();
    await running.closed;
  });
}

/** Dials, for no longer than the options allow. */
async function dial({ registry, endpoint, tls, context, budget }: ConnectOptions) {
  if (budget === undefined) {
    const result = await dialEndpoint(registry, endpoint, tls, context);
    return { result, left: Infinity };
  }
  return await withinBudget(budget, context.signal, (attempt) => {
    return dialEndpoint(registry, endpoint, tls, { ...context, ...attempt });
  });
}

/** Facts about a lost connection. */
interface Lost {
  readonly endpoint: string;
  readonly secure: boolean;
  /** The far side had sent something. */
  readonly answered: boolean;
}

/** The error that users see for a lost connection. */
function lostError(error: Http2Error, { endpoint, secure, answered }: Lost): Error {
  // The transport or TLS below may know what happened.
  for (const cause of causesOf(error.cause)) {
    if (cause instanceof DialError) return cause;
    if (cause instanceof StreamLost) {
      const { message, hint } = cause;
      return new ConnectionLost(endpoint, message, { cause, ...hint && { remedy: hint } });
    }
  }
  const reason = reasonOf(error);
  const misfit = error instanceof NotHttp2Error
    ? explainFirstBytes(error.received, secure)
    : undefined;
  if (answered && !misfit) return new ConnectionLost(endpoint, reason, { cause: error });
  const problem = error.cause instanceof SilenceError
    ? `it accepts connections, but sent nothing for ${error.cause.seconds} s`
    : reason;
  return new DialError(misfit?.problem ?? problem, {
    endpoint,
    step: "http2",
    code: misfit?.code ?? "unreachable",
    cause: error,
    hint: misfit?.hint ?? "check that it is buildkitd's port, and look at the daemon's log",
  });
}

/** The reason, in the system's words; `Broken pipe` becomes a peer that has gone. */
function reasonOf({ message }: Http2Error): string {
  return message.replace(/^the connection was lost: /, "").replace(/ \(os error \d+\)/, "")
    .replace(/^Broken pipe$/, "the peer closed it").replace(/^Connection /, "connection ");
}
