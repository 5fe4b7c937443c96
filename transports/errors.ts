import type { DialStep } from "./transport.ts";

/** An invalid endpoint. The message says what is wrong, the hint what would be right. */
export class EndpointError extends Error {
  /** The name by which programs recognize this error. */
  override readonly name = "EndpointError";
  /**
   * Makes the error of an endpoint.
   *
   * @param endpoint the endpoint without secrets
   * @param problem the fault in a few words
   * @param hint the remedy
   */
  constructor(readonly endpoint: string, readonly problem: string, readonly hint: string) {
    super(`invalid endpoint ${JSON.stringify(endpoint)}: ${problem}`);
  }
}

/** The kinds of failure of a dial: the codes of the plugin protocol. */
export type DialErrorCode =
  | "config"
  | "unauthenticated"
  | "denied"
  | "not-found"
  | "unreachable"
  | "timeout"
  | "unsupported"
  | "internal";

/** The details of a `DialError` besides its message. */
export interface DialErrorDetails {
  /** The redacted endpoint. */
  readonly endpoint: string;
  /** The step that failed. */
  readonly step: DialStep;
  /** The kind of failure. */
  readonly code: DialErrorCode;
  /** The remedy, as a sentence without full stop. */
  readonly hint?: string;
  /** True when the same dial may succeed a moment later (a daemon that is starting). */
  readonly retryable?: boolean;
  /** The state of the daemon's container, by its engine or cluster. */
  readonly state?: "stopped" | "missing";
  /** The underlying error. */
  readonly cause?: unknown;
}

/** A connection that could not be made. */
export class DialError extends Error {
  /** The name by which programs recognize this error. */
  override readonly name = "DialError";
  /** The endpoint without secrets. */
  readonly endpoint: string;
  /** The step that failed. */
  readonly step: DialStep;
  /** The kind of failure. */
  readonly code: DialErrorCode;
  /** The remedy. */
  readonly hint: string | undefined;
  /** True when the same dial may succeed a moment later. */
  readonly retryable: boolean;
  /** The state of the container or the pod, where that is the reason. */
  readonly state: DialErrorDetails["state"];
  /**
   * Makes the error of a connection.
   *
   * @param problem the failure in a few words
   */
  constructor(readonly problem: string, details: DialErrorDetails) {
    super(`cannot reach ${details.endpoint}: ${problem}`, { cause: details.cause });
    this.endpoint = details.endpoint;
    this.step = details.step;
    this.code = details.code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.state = details.state;
  }

  /** Returns the same error with another remedy. */
  withHint(hint: string): DialError {
    const { state, problem, ...details } = this;
    return new DialError(problem, {
      ...details,
      hint,
      cause: this.cause,
      ...state !== undefined && { state },
    });
  }
}

/** A working stream that ended before its time, with the known reason. */
export class StreamLost extends Error {
  /** The name by which programs recognize this error. */
  override readonly name = "StreamLost";
  /**
   * Makes the error of a lost stream.
   *
   * @param message the reason of the loss: "pod p was deleted"
   * @param hint the remedy, as a sentence without full stop
   */
  constructor(message: string, readonly hint?: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The error of a stream's end: a `DialError` before the first byte, afterwards a `StreamLost`. */
export function lostOrFailed(any: boolean, problem: string, details: DialErrorDetails): Error {
  if (!any) return new DialError(problem, details);
  return new StreamLost(problem, details.hint, { cause: details.cause });
}

/** The wording of each step in "timed out while …". */
export const DOING: Readonly<Record<DialStep, string>> = {
  resolve: "resolving its name",
  connect: "connecting",
  authenticate: "authenticating",
  upgrade: "waiting for the upgrade",
  exec: "waiting for the program",
  tls: "waiting for the TLS handshake",
  http2: "waiting for HTTP/2 to begin",
};

/**
 * Returns the error of a dial that a signal ended: the signal's reason itself, so that the user
 * sees it. For a mere timeout it is a `DialError` that names the step.
 */
export function interrupted(
  signal: AbortSignal,
  endpoint: string,
  step: DialStep,
  detail?: string,
): unknown {
  const reason: unknown = signal.reason;
  if (!(reason instanceof DOMException) || reason.name !== "TimeoutError") return reason;
  const where = detail === undefined || detail === "" ? "" : ` (${detail})`;
  return new DialError(`timed out while ${DOING[step]}${where}`, {
    endpoint,
    step,
    code: "timeout",
    hint: "check that the daemon is running, and that no firewall drops the connection",
    retryable: true,
    cause: reason,
  });
}
