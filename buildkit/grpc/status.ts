import { errorText } from "../../base/error_text.ts";
import { Status } from "../../proto/gen/status.ts";
import { first, firstBinary, type Metadata } from "./metadata.ts";

/** gRPC's status codes (https://grpc.io/docs/guides/status-codes/). */
export const Code = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** One of the codes, as a number. */
export type Code = typeof Code[keyof typeof Code];

/** A code as people write it: `NotFound`. */
export function codeName(code: number): string {
  for (const [name, value] of Object.entries(Code)) {
    if (value !== code) continue;
    if (value === Code.CANCELLED) return "Canceled"; // Go's spelling
    return name.toLowerCase().replace(
      /(^|_)([a-z])/g,
      (_, _underscore, letter) => letter.toUpperCase(),
    );
  }
  return `Code(${code})`;
}

/** One typed part of an error: a type URL and its bytes. BuildKit's hold JSON, not protobuf. */
export interface ErrorDetail {
  /** The type: `type.googleapis.com/…`, or a Go type of BuildKit. */
  readonly typeUrl: string;
  /** Encoded as the type says. */
  readonly value: Uint8Array;
}

/** An RPC that ended with a status other than OK; thrown by a handler, it becomes that status. */
export class RpcError extends Error {
  /** The class of the error, for programs. */
  override readonly name = "RpcError";
  /** Details for programs. */
  readonly details: readonly ErrorDetail[];
  /** The remedy for the user, where one is known. */
  readonly hint: string | undefined;
  /** Makes the error that ends a call. */
  constructor(
    /** One of `Code`. */
    readonly code: number,
    message: string,
    options: { details?: readonly ErrorDetail[]; hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.details = options.details ?? [];
    this.hint = options.hint;
  }
}

/**
 * The error of a call that another server than a gRPC server has answered: a proxy, a web server.
 */
export class NotGrpcError extends RpcError {}

/**
 * The outcome that trailers carry: undefined for OK, else the error. A code that is missing or no
 * number counts as UNKNOWN. The message is percent-encoded UTF-8; broken escapes are kept.
 */
export function statusOfTrailers(trailers: Metadata): RpcError | undefined {
  const text = first(trailers, "grpc-status");
  if (text === "0") return undefined;
  const code = text !== undefined && /^\d+$/.test(text) ? Number(text) : Code.UNKNOWN;
  let message = decodeMessage(first(trailers, "grpc-message") ?? "");
  let details: ErrorDetail[] = [];
  const binary = firstBinary(trailers, "grpc-status-details-bin");
  if (binary) {
    try {
      const status = Status.decode(binary);
      if (status.message) message = status.message;
      details = status.details;
    } catch {
      // Unreadable details are left out.
    }
  }
  if (text === undefined && message === "") message = "the reply had no grpc-status";
  return new RpcError(code, message, { details });
}

/** The longest sent message, in characters: headers have limits, and it may quote the peer. */
const LONGEST_MESSAGE = 16 << 10;

/** The trailers for an outcome: the reverse of `statusOfTrailers`. */
export function trailersOfStatus(error: RpcError | undefined): [string, string][] {
  if (!error) return [["grpc-status", "0"]];
  const trailers: [string, string][] = [["grpc-status", String(error.code)]];
  const message = error.message.slice(0, LONGEST_MESSAGE);
  if (message) trailers.push(["grpc-message", encodeMessage(message)]);
  if (error.details.length > 0) {
    const status = Status.encode({
      code: error.code,
      message,
      details: error.details.map(({ typeUrl, value }) => ({ typeUrl, value })),
    }).finish();
    trailers.push(["grpc-status-details-bin", status.toBase64({ omitPadding: true })]);
  }
  return trailers;
}

/** Converts a thrown value to an RpcError: CANCELLED for an abort, else UNKNOWN, as in Go. */
export function rpcErrorOf(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  const message = errorText(thrown);
  const aborted = thrown instanceof DOMException && thrown.name === "AbortError";
  return new RpcError(aborted ? Code.CANCELLED : Code.UNKNOWN, message, { cause: thrown });
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function encodeMessage(message: string): string {
  let text = "";
  for (const byte of encoder.encode(message)) {
    text += byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

function decodeMessage(text: string): string {
  if (!text.includes("%")) return text;
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const hex = text[i] === "%" ? text.slice(i + 1, i + 3) : "";
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(parseInt(hex, 16));
      i += 2;
    } else {
      bytes.push(text.charCodeAt(i) & 0xff);
    }
  }
  return decoder.decode(new Uint8Array(bytes));
}
