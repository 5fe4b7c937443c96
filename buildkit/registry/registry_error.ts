/** The reason why a request to a registry failed, for code that then tries another way. */
export type RegistryErrorCode =
  | "not-found"
  | "unauthorized"
  | "denied"
  | "throttled"
  | "unreachable"
  | "timeout"
  | "tls"
  | "corrupt"
  | "unexpected";

export interface RegistryErrorDetails {
  /** The registry's host. */
  readonly host: string;
  readonly code: RegistryErrorCode;
  /** The answer's status; undefined where no answer came. */
  readonly status?: number;
  /** True when the same request may succeed a moment later. Default false. */
  readonly passing?: boolean;
  /** How long the registry asks to wait before the next try, in milliseconds. */
  readonly retryAfter?: number;
  /** Advice for the user, as a sentence without full stop. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * A request that a registry refused or didn't answer as it should. The message names the content.
 */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly host: string;
  readonly code: RegistryErrorCode;
  readonly status: number | undefined;
  readonly passing: boolean;
  readonly retryAfter: number;
  readonly hint: string | undefined;
  constructor(message: string, details: RegistryErrorDetails) {
    super(message, { cause: details.cause });
    this.host = details.host;
    this.code = details.code;
    this.status = details.status;
    this.passing = details.passing ?? false;
    this.retryAfter = details.retryAfter ?? 0;
    this.hint = details.hint;
  }
}

/** True when a registry answered that it doesn't have the content. */
export function isNotFound(error: unknown): boolean {
  return error instanceof RegistryError && error.code === "not-found";
}
