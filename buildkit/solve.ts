import type { SolveRequest, StatusResponse } from "../proto/gen/control_types.ts";
import { after, onAbort, within } from "../base/async.ts";
import { mapHandlers, type Service } from "./grpc/call.ts";
import { Code, RpcError } from "./grpc/status.ts";
import type { Client } from "./client.ts";
import { ConnectionLost } from "./connection_lost.ts";
import { PeerError } from "./fsync/errors.ts";
import {
  openSession,
  serveSession,
  type Session,
  sessionMetadata,
  type SessionOptions,
} from "./session/session.ts";
import type { CallSpan, SpanSource } from "./client_spans.ts";
import { endWhenSilent, endWhenUnheard, SilenceError } from "./silence.ts";
import { causesOf } from "../base/causes.ts";
import { whileWaiting } from "../base/while_waiting.ts";

/** The inputs of a build besides its request. */
export interface SolveOptions {
  /** The services that the daemon may call back. */
  readonly services: readonly Service[];
  /**
   * Ties the daemon's copy of a local folder to the next build of the same folder; none by default.
   */
  readonly sharedKey?: string;
  /**
   * Whether to compress the files that the daemon reads, where that is quicker; true by default.
   */
  readonly compress?: boolean;
  /** Receives each message on the progress. If it throws, the build ends with that error. */
  readonly onStatus: (status: StatusResponse) => void;
  /** Called once when the daemon is far away, while its first question is on its way. */
  readonly onFar?: () => void;
  /** Cancels the build: the daemon is notified, and its last progress is awaited. */
  readonly signal: AbortSignal;
  /** The span around the build (https://www.w3.org/TR/trace-context/); none by default. */
  readonly traceparent?: string | undefined;
  /**
   * The command that the build is a part of, for the build's trace; without it, no spans are sent.
   */
  readonly span?: SpanSource;
  /** Milliseconds without a sign that the daemon hears this side, until it is lost; or 25,000. */
  readonly silence?: number;
}

/** Milliseconds without a byte in the session after which a daemon counts as far away. */
const FAR = 15;
/** After the build has ended, how long its last progress may take, in milliseconds. */
const STATUS_GRACE = 5000;
/** The time limit after a cancellation: the daemon should report quickly what it stopped. */
const CANCEL_GRACE = 3000;
/** After an output could not be written, how long the daemon may take to end the build. */
const LOCAL_GRACE = 6000;
/**
 * The method that the daemon calls every 5 s, once it has the answer to its last call. A call that
 * had no answer for 15 s is reset and followed by another one, twice; then the daemon cancels the
 * build.
 */
const HEALTH = "/grpc.health.v1.Health/Check";
/** The service of outputs that come to this side. */
const OUTPUTS = "/moby.filesync.v1.FileSend/";

/**
 * Runs a build. Session, progress and the build itself start together, in one write: the daemon
 * waits for each of them to come (6 s for a ref, 5 s for a session). Resolves to the exporters'
 * answers. Rejects with the error of a service of this side, if there was one, else with the
 * daemon's. The daemon only repeats it, in less clear words.
 */
export async function solve(
  client: Client,
  request: SolveRequest,
  options: SolveOptions,
): Promise<Record<string, string>> {
  const { signal } = options;
  signal.throwIfAborted();
  const { connection } = client.channel;
  let local: unknown;
  let stopTimer = () => {};
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  givenUp.catch(() => {});
  let session: Session | undefined = undefined;
  let lastHeard = performance.now();
  let resetsThen = 0;
  const onCheck = () => {
    const resets = session?.served.resetsReceived ?? 0;
    if (resets === resetsThen) lastHeard = performance.now();
    resetsThen = resets;
  };
  const opened = open(client, {
    id: request.Session,
    sharedKey: options.sharedKey ?? "",
    services: options.services.map((service) =>
      mapHandlers(service, (handler, path) => (call) => {
        if (path === HEALTH) onCheck();
        return handler(call);
      })
    ),
    ...options.compress === false && { compress: false },
    onError: (path, { code, cause }) => {
      // An error that the connection, the call's end or the daemon caused says nothing of this
      // side.
      if (
        connection.over || session?.connection.over || signal.aborted ||
        code === Code.CANCELLED || code === Code.UNAVAILABLE
      ) return;
      if (!(cause instanceof Error) || cause instanceof PeerError || local !== undefined) return;
      local = cause;
      // No build succeeds without its outputs, and a daemon may not notice a failed one.
      if (path.startsWith(OUTPUTS)) stopTimer = after(LOCAL_GRACE, () => giveUp(cause));
    },
  }, options.signal);
  // An open session isn't awaited, so that the calls below go out in the same write.
  session = opened instanceof Promise ? await opened : opened;
  using _watch = options.services.some((service) => HEALTH in service)
    ? endWhenUnheard(session.connection, () => lastHeard, options.silence)
    : endWhenSilent(session.connection, options.silence);
  const { lastReceived: opening } = session.connection;
  const stopFar = after(FAR, () => {
    if (session?.connection.lastReceived === opening) options.onFar?.();
  });
  // A session with its own connection: only that connection hears from the daemon every 5 s.
  if (session.connection !== connection) {
    session.done.catch((error) => {
      const silence = silenceIn(error);
      if (silence !== undefined) connection.lost(silence);
    });
  }
  const statusEnd = new AbortController();
  const loadSpans = () => import("./client_spans.ts");
  const stopLoading = options.span
    ? whileWaiting(STATUS_GRACE, () => void loadSpans().catch(() => {}))
    : () => {};
  let began = false;
  const onStatus = (status: StatusResponse) => {
    began = true;
    try {
      options.onStatus(status);
    } catch (error) {
      giveUp(error);
      throw error;
    }
  };
  const status = client.status(request.Ref, onStatus, { signal: statusEnd.signal })
    .catch(() => {}); // The call of the build itself reports the daemon's reason.
  const cancel = new AbortController();
  const span = callSpan(options.traceparent);
  // A trace is no part of the build: nothing that goes wrong with it counts.
  const sendSpans = async (error?: unknown) => {
    const { span: source } = options;
    if (source === undefined) return;
    await loadSpans().then((code) => code.sendSpans(client, source, span, error)).catch(() => {});
  };
  using _cancelling = onAbort(signal, () => cancel.abort(signal.reason));
  try {
    const lost = session.done.then((): never => {
      throw new ConnectionLost(client.peer, "the builder ended the session before the build");
    });
    // Without a span the daemon keeps no trace of the build.
    const metadata: [string, string][] = [["traceparent", `00-${span.trace}-${span.id}-01`]];
    const answer = client.solve(request, { signal: cancel.signal, metadata });
    answer.catch(() => {});
    const { ExporterResponse } = await Promise.race([answer, lostAfter(lost, answer), givenUp]);
    client.closeAfter(sendSpans());
    await within(status, STATUS_GRACE);
    return ExporterResponse;
  } catch (error) {
    cancel.abort(error);
    const sent = connection.over ? undefined : sendSpans(error);
    // A refused build has no progress: the daemon would look for its ref for 6 s.
    if (!connection.over && began) {
      await within(status, signal.aborted ? CANCEL_GRACE : STATUS_GRACE);
    }
    await sent;
    if (local !== undefined) throw local;
    if (signal.aborted) throw signal.reason;
    throw error instanceof ConnectionLost ? error.during(`build ${request.Ref}`) : error;
  } finally {
    stopTimer();
    stopFar();
    stopLoading();
    statusEnd.abort(new RpcError(Code.CANCELLED, "the build is over"));
    await status;
    await session.close();
  }
}

/** The span of a call that begins now, within a given span if that is valid. */
function callSpan(given: string | undefined): CallSpan {
  const random = crypto.getRandomValues(new Uint8Array(24)).toHex();
  const [, trace, parent] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(given ?? "") ?? [];
  return {
    trace: trace ?? random.slice(0, 32),
    id: random.slice(32),
    parent: parent ?? "",
    began: Date.now(),
  };
}

/** The SilenceError among the causes of an error. */
function silenceIn(error: unknown): SilenceError | undefined {
  return causesOf(error).find((cause) => cause instanceof SilenceError);
}

/** Opens the session in a stream of the connection, or on a separate connection. */
function open(
  { channel, dialSession }: Client,
  options: SessionOptions,
  signal: AbortSignal,
): Session | Promise<Session> {
  if (dialSession === undefined) return openSession(channel, options);
  return dialSession(sessionMetadata(options), signal)
    .then((stream) => serveSession(stream, options));
}

/** A lost session ends the build, unless the daemon's own answer comes within a second. */
async function lostAfter(lost: Promise<never>, answer: Promise<unknown>): Promise<never> {
  try {
    return await lost;
  } catch (error) {
    await within(answer.then(() => {}, () => {}), 1000);
    throw error;
  }
}
