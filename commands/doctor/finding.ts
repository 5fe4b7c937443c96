import type { NodeTarget } from "../../builders/drivers/driver.ts";
import { DialError } from "../../transports/errors.ts";
import type { DialStep } from "../../transports/transport.ts";
import type { Deps } from "../../cli/deps.ts";

/** What one step found. */
export interface Finding {
  /** `connect`, `TLS`, `HTTP/2` … */
  readonly step: string;
  /** `warning`: one can go on, but it may not be what is wanted. */
  readonly status: "ok" | "warning" | "failed";
  /** One line; empty where there is an error, which says it. */
  readonly text: string;
  /** Further lines, below the first. */
  readonly more?: readonly string[];
  /** Milliseconds; absent where there was nothing to wait for. */
  readonly ms?: number;
  /** What was thrown. */
  readonly error?: unknown;
  /** What to try, where no error says it. */
  readonly hint?: string;
  /** The same for programs. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What the steps of one node go by. */
export interface Examination extends NodeTarget {
  readonly deps: Deps;
  readonly log: (line: string) => void;
  /** Milliseconds for the connection, and for each answer; 0 for no limit. */
  readonly timeout: number;
  /** Bytes to send and receive; 0 for none. */
  readonly size: number;
}

/** How the steps of a dial are called. */
export const LABELS: Readonly<Record<DialStep, string>> = {
  resolve: "resolve",
  connect: "connect",
  authenticate: "authenticate",
  upgrade: "upgrade",
  exec: "exec",
  tls: "TLS",
  http2: "HTTP/2",
};

/**
 * Does a step, and says what it found or threw. Rejects with the signal's reason alone.
 * @param seen what is known of a step that fails
 */
export async function take(
  step: string,
  { deps }: Pick<Examination, "deps">,
  work: () => Promise<Omit<Finding, "step" | "status"> & Partial<Pick<Finding, "status">>>,
  seen: () => Promise<Pick<Finding, "more" | "data">> = () => Promise.resolve({}),
): Promise<Finding> {
  const began = performance.now();
  try {
    const found = await work();
    return { step, status: "ok", ms: performance.now() - began, ...found };
  } catch (error) {
    deps.signal.throwIfAborted();
    return failure(step, error, { ms: performance.now() - began, ...await seen() });
  }
}

/** A step that threw; an error of the dial knows better which that was. */
export function failure(step: string, error: unknown, more: Partial<Finding> = {}): Finding {
  const named = error instanceof DialError ? LABELS[error.step] : step;
  return { ...more, step: named, status: "failed", text: "", error };
}
