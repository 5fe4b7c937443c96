/** What went wrong, for code that goes on in another way. */
export type RegistryErrorCode =
  | "not-found"
  | "unauthorized"
  | "denied"
  | "throttled"
  | "unreachable"
  | "tls"
  | "corrupt"
  | "unexpected";

export interface RegistryErrorDetails {
  /** The registry's host. */
  readonly host: string;
  readonly code: RegistryErrorCode;
  /** Of the answer; undefined where there was none. */
  readonly status?: number;
  /** What to try, as a sentence without full stop. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A registry that didn't give or take what it should. The message names what was wanted. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly host: string;
  readonly code: RegistryErrorCode;
  readonly status: number | undefined;
  readonly hint: string | undefined;
  constructor(message: string, details: RegistryErrorDetails) {
    super(message, { cause: details.cause });
    this.host = details.host;
    this.code = details.code;
    this.status = details.status;
    this.hint = details.hint;
  }
}

/** True for an answer that what was asked for is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof RegistryError && error.code === "not-found";
}
