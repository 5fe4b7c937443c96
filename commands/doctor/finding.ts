import { withTimeout } from "../../base/async.ts";
import type { NodeTarget } from "../../builders/drivers/driver.ts";
import { DialError } from "../../transports/errors.ts";
import type { DialContext, DialStep } from "../../transports/transport.ts";
import type { Deps } from "../../cli/deps.ts";

/** The result of one step. */
export interface Finding {
  /** `connect`, `TLS`, `HTTP/2` … */
  readonly step: string;
  /** `warning`: the next steps are possible, but the result may be unwanted. */
  readonly status: "ok" | "warning" | "failed";
  /** One line; empty if `error` has the message. */
  readonly text: string;
  /** Further lines, below the first. */
  readonly more?: readonly string[];
  /** The duration in milliseconds; absent if the step had nothing to wait for. */
  readonly ms?: number;
  /** The error of a failed step. */
  readonly error?: unknown;
  /** Why the daemon doesn't answer, and the remedy, in one line: see `MadeState`. */
  readonly why?: string | undefined;
  /** The remedy, if `error` has no hint. */
  readonly hint?: string;
  /** The result for `--format json`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The inputs of the steps of one node. */
export interface Examination extends NodeTarget {
  readonly deps: Deps;
  readonly log: (line: string) => void;
  /** Milliseconds for the connection, and for each answer; 0 for no limit. */
  readonly timeout: number;
  /** Bytes to send and receive; 0 for none. */
  readonly size: number;
}

/** The names of a dial's steps in the output. */
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
 * Runs a step, and returns its result or its error. Rejects with the signal's reason only.
 * @param seen the known facts about a step that fails
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

/** The result for a step that threw; a `DialError` names the step itself. */
export function failure(step: string, error: unknown, more: Partial<Finding> = {}): Finding {
  const named = error instanceof DialError ? LABELS[error.step] : step;
  return { ...more, step: named, status: "failed", text: "", error };
}

/** The context of a dial. The dial ends when the connection's time is up. */
export function connectionContext({ deps, log, timeout }: Examination): DialContext {
  const signal = withTimeout(deps.signal, timeout);
  const limit = timeout > 0 && { timeoutMs: timeout };
  return { signal, env: deps.env, log, step: () => {}, ...limit };
}
