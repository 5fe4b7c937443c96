import type { TlsOptions } from "../transports/dial.ts";
import type { BuildkitVersion, WorkerRecord } from "../proto/gen/worker.ts";
import type { Registry } from "../transports/registry.ts";
import type { DialContext } from "../transports/transport.ts";

/** The questions to a daemon about itself; `buildkit/client.ts` implements them. */
export interface NodeClient {
  /** Resolves to undefined for a daemon that is older than the call. */
  info(): Promise<BuildkitVersion | undefined>;
  listWorkers(): Promise<WorkerRecord[]>;
  /** Finds the version of a daemon that is older than `info`. */
  readonly knownVersion?: ((signal: AbortSignal) => Promise<string>) | undefined;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly registry: Registry;
  readonly endpoint: string;
  readonly tls: TlsOptions;
  readonly context: DialContext;
}

/**
 * Opens a gRPC connection to a daemon. Throws `EndpointError`, `DialError` or the signal's reason.
 */
export type Connect = (options: ConnectOptions) => Promise<NodeClient>;
