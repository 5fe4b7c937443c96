import type { DialStep } from "./transport.ts";

/** An endpoint that can't be understood. The message says what is wrong, the hint what is right. */
export class EndpointError extends Error {
  /** How programs tell it from others. */
  override readonly name = "EndpointError";
  /**
   * What is wrong with an endpoint.
   *
   * @param endpoint without secrets
   * @param problem in a few words
   * @param hint what would be right
   */
  constructor(readonly endpoint: string, readonly problem: string, readonly hint: string) {
    super(`invalid endpoint ${JSON.stringify(endpoint)}: ${problem}`);
  }
}

/** What kind of failure a dial met; the codes of the plugin protocol. */
export type DialErrorCode =
  | "config"
  | "unauthenticated"
  | "denied"
  | "not-found"
  | "unreachable"
  | "timeout"
  | "unsupported"
  | "internal";

/** What a `DialError` tells beside its message. */
export interface DialErrorDetails {
  /** The endpoint, redacted. */
  readonly endpoint: string;
  /** What failed. */
  readonly step: DialStep;
  /** What kind of failure it is. */
  readonly code: DialErrorCode;
  /** What to try, as a sentence without full stop. */
  readonly hint?: string;
  /** True when the same dial may succeed a moment later (a daemon that is starting). */
  readonly retryable?: boolean;
  /** What runs the daemon says so of it: its container is stopped, or isn't there. */
  readonly state?: "stopped" | "missing";
  /** What lies under it. */
  readonly cause?: unknown;
}

/** A connection that could not be made. */
export class DialError extends Error {
  /** How programs tell it from others. */
  override readonly name = "DialError";
  /** Without secrets. */
  readonly endpoint: string;
  /** What failed. */
  readonly step: DialStep;
  /** What kind of failure it is. */
  readonly code: DialErrorCode;
  /** What to try. */
  readonly hint: string | undefined;
  /** It may go away by itself. */
  readonly retryable: boolean;
  /** What a container or a pod is in, where that is why. */
  readonly state: DialErrorDetails["state"];
  /** The message without the endpoint. */
  readonly problem: string;
  /**
   * What is wrong with a connection.
   *
   * @param problem in a few words
   */
  constructor(problem: string, details: DialErrorDetails) {
    super(`cannot reach ${details.endpoint}: ${problem}`, { cause: details.cause });
    this.endpoint = details.endpoint;
    this.step = details.step;
    this.code = details.code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.state = details.state;
    this.problem = problem;
  }

  /** The same, with another remedy. */
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

/** A stream that worked has ended before its time, and what is known of why. */
export class StreamLost extends Error {
  /** How programs tell it from others. */
  override readonly name = "StreamLost";
  /**
   * What became of it.
   *
   * @param message as the reason of a lost connection: "pod p was deleted"
   * @param hint what to try, as a sentence without full stop
   */
  constructor(message: string, readonly hint?: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** How each step reads in "timed out while …". */
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
 * What to throw when a signal ended a dial: the reason itself, so that it survives to the user; a
 * mere timeout becomes a `DialError` that tells the step.
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
    hint: "check that the daemon is up, and that no firewall drops the connection",
    retryable: true,
    cause: reason,
  });
}
