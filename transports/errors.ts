import type { DialStep } from "./transport.ts";

/** An endpoint that can't be understood. The message says what is wrong, the hint what is right. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  /** @param endpoint redacted already */
  constructor(readonly endpoint: string, problem: string, readonly hint: string) {
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
  readonly step: DialStep;
  readonly code: DialErrorCode;
  /** What to try, as a sentence without full stop. */
  readonly hint?: string;
  /** True when the same dial may succeed a moment later (a daemon that is starting). */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A connection that could not be made. */
export class DialError extends Error {
  override readonly name = "DialError";
  readonly endpoint: string;
  readonly step: DialStep;
  readonly code: DialErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  constructor(problem: string, details: DialErrorDetails) {
    super(`cannot reach ${details.endpoint}: ${problem}`, { cause: details.cause });
    this.endpoint = details.endpoint;
    this.step = details.step;
    this.code = details.code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
  }
}
