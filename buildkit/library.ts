/** Defaults for programs that use fairlead as a library, instead of the command line's choices. */
import { transports } from "../transports/all.ts";
import { createRegistry, type Registry } from "../transports/registry.ts";
import type { DialStep, Env } from "../transports/transport.ts";
import type { Client } from "./client.ts";
import { connect as connectWith } from "./connect.ts";
import type { TlsOptions } from "../transports/dial.ts";
import { receiveFolder } from "./fsync/receiver.ts";
import type { Service } from "./grpc/call.ts";
import { fileSend, type TreeOutput } from "./session/filesend.ts";
import type { ByteOutput } from "./session/output_sink.ts";

/** The options of `connect`; all are optional. */
export interface OpenOptions {
  /** TLS over any endpoint; by default none. */
  readonly tls?: TlsOptions;
  /** Ends the attempt, not the connection. */
  readonly signal?: AbortSignal;
  /** The time limit of the whole connection, in milliseconds; 20,000 by default, 0 for no limit. */
  readonly timeout?: number;
  /**
   * The environment variables that transports see (`DOCKER_HOST`, `KUBECONFIG` …); by default all.
   */
  readonly env?: Env;
  /** The transports that may be used; by default the built-in ones. */
  readonly registry?: Registry;
  /** Receives lines that help to debug a connection. */
  readonly log?: (line: string) => void;
  /** Called at each step of the connection. */
  readonly step?: (step: DialStep, detail?: string) => void;
}

/**
 * Connects to a daemon.
 *
 * @param endpoint as `fairlead create` takes it: `unix:///run/buildkit/buildkitd.sock`
 * @returns the daemon's client; `close` it
 * @throws {EndpointError} what is wrong with the endpoint, before anything is dialled
 * @throws {DialError} the step that failed, and what to try
 */
export function connect(endpoint: string, options: OpenOptions = {}): Promise<Client> {
  return connectWith({
    registry: options.registry ?? createRegistry(transports),
    endpoint,
    tls: options.tls ?? {},
    context: {
      signal: options.signal ?? new AbortController().signal,
      env: options.env ?? ((name) => Deno.env.get(name)),
      log: options.log ?? (() => {}),
      step: options.step ?? (() => {}),
    },
    budget: { ms: options.timeout ?? 20_000 },
  });
}

/**
 * Serves the outputs of a build that come to this side.
 *
 * @param outputs by the index of their exporter in the request
 */
export function localOutputs(outputs: ReadonlyMap<number, ByteOutput | TreeOutput>): Service {
  return fileSend(
    outputs,
    (stream, dest, { mode }) => receiveFolder(stream, { dest, deleteOthers: mode === "delete" }),
  );
}
