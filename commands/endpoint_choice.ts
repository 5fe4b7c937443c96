import type { Builder } from "../builders/builder.ts";
import { chooseNode } from "../builders/choose_node.ts";
import { readDriverOptions } from "../builders/driver_options.ts";
import { type Platform } from "../builders/platforms.ts";
import { dialEndpoint, type TlsOptions } from "../buildkit/dial.ts";
import type { Connection } from "../transports/transport.ts";
import type { Deps } from "./deps.ts";

/** A daemon to be dialled. */
export interface ChosenEndpoint {
  readonly endpoint: string;
  readonly tls: TlsOptions;
}

/** How long a dial may take, in ms; as buildx waits for a daemon. */
const TIMEOUT = 20_000;

/** The endpoint of a builder's node that builds for these platforms. Throws `BuilderError`. */
export function endpointOf(builder: Builder, platforms: readonly Platform[]): ChosenEndpoint {
  const node = chooseNode(builder, platforms);
  return { endpoint: node.endpoint, tls: readDriverOptions(node).tls };
}

/** Dials for a stream that is handed on as it is. Throws `EndpointError`, `DialError`, or the signal's reason. */
export async function dialChosen(
  { endpoint, tls }: ChosenEndpoint,
  deps: Pick<Deps, "registry" | "signal" | "env">,
  log: (line: string) => void,
): Promise<Connection> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new DOMException(`no connection within ${TIMEOUT} ms`, "TimeoutError"));
  }, TIMEOUT);
  try {
    const signal = AbortSignal.any([deps.signal, late.signal]);
    const context = { signal, env: deps.env, log, step: () => {} };
    return await dialEndpoint(deps.registry, endpoint, tls, context);
  } finally {
    clearTimeout(timer);
  }
}
