/** The daemon's Control API over one connection, with one method for each RPC. */
import { ControlDefinition } from "../proto/gen/control.ts";
import type { SolveRequest, SolveResponse, StatusResponse } from "../proto/gen/control_types.ts";
import type { BuildkitVersion, WorkerRecord } from "../proto/gen/worker_types.ts";
import type { Connection } from "../transports/transport.ts";
import type { CallOptions, Channel } from "./grpc/channel.ts";
import { Code, NotGrpcError, RpcError } from "./grpc/status.ts";

/** A connected daemon. */
export class Client {
  /** The peer's name in messages. */
  readonly peer: string;
  /** Opens a separate connection for a session, where sessions need one. */
  readonly dialSession: Connection["dialSession"];
  /** The version of BuildKit, where `info` doesn't know it; absent where it is unknown. */
  readonly knownVersion: Connection["knownVersion"];
  readonly #close: () => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(
    /** @internal */
    readonly channel: Channel,
    { peer, dialSession, knownVersion }: Pick<
      Connection,
      "peer" | "dialSession" | "knownVersion"
    >,
    close: () => Promise<void>,
  ) {
    this.peer = peer;
    this.dialSession = dialSession;
    this.knownVersion = knownVersion;
    this.#close = close;
  }

  /** The version of BuildKit; undefined for a daemon before 0.11, which reports none. */
  async info(options?: CallOptions): Promise<BuildkitVersion | undefined> {
    try {
      const { info } = ControlDefinition.methods;
      return (await this.channel.unary(ControlDefinition, info, {}, options)).buildkitVersion;
    } catch (error) {
      if (error instanceof NotGrpcError) throw error;
      if (error instanceof RpcError && error.code === Code.UNIMPLEMENTED) return undefined;
      throw error;
    }
  }

  /** The daemon's workers and their capabilities. */
  async listWorkers(options?: CallOptions): Promise<WorkerRecord[]> {
    const { listWorkers } = ControlDefinition.methods;
    const request = { filter: [] };
    return (await this.channel.unary(ControlDefinition, listWorkers, request, options)).record;
  }

  /** Runs a build to its end. Its session and status streams are opened separately. */
  solve(request: SolveRequest, options?: CallOptions): Promise<SolveResponse> {
    return this.channel.unary(ControlDefinition, ControlDefinition.methods.solve, request, options);
  }

  /** Follows a build's progress to its end. */
  status(
    ref: string,
    onStatus: (status: StatusResponse) => void,
    options?: CallOptions,
  ): Promise<void> {
    const { status } = ControlDefinition.methods;
    return this.channel.serverStream(ControlDefinition, status, { Ref: ref }, onStatus, options);
  }

  /** Lets a call whose result nobody needs end before the connection does. It must not reject. */
  closeAfter(call: Promise<void>): void {
    this.#last = Promise.all([this.#last, call]);
  }

  /** Ends the connection and everything behind it. May be called more than once. */
  async close(): Promise<void> {
    await this.#last;
    await this.#close();
  }
}
