import type { DialContext } from "../../transports/transport.ts";
import type { Examination } from "./finding.ts";

/** What a dial is given, but for its steps: it ends when the time of a connection is up. */
export function connectionContext({ deps, log, timeout }: Examination): Omit<DialContext, "step"> {
  const signal = timeout > 0
    ? AbortSignal.any([deps.signal, AbortSignal.timeout(timeout)])
    : deps.signal;
  return { signal, env: deps.env, log, ...timeout > 0 && { timeoutMs: timeout } };
}
