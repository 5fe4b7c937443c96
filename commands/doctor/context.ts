import type { DialContext } from "../../transports/transport.ts";
import type { Examination } from "./finding.ts";

/** The context of a dial, without its steps; the dial ends when the connection's time is up. */
export function connectionContext({ deps, log, timeout }: Examination): Omit<DialContext, "step"> {
  const signal = timeout > 0
    ? AbortSignal.any([deps.signal, AbortSignal.timeout(timeout)])
    : deps.signal;
  return { signal, env: deps.env, log, ...timeout > 0 && { timeoutMs: timeout } };
}
