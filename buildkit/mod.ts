/**
 * A client of BuildKit for Deno, over any byte stream: connect, build with session services, follow
 * the progress, look into the history. fairlead's own commands use it, too.
 *
 * @example A folder is built, and the result written to another
 * ```ts
 * import { connect, dockerfileRequest, fileSync, health, localOutputs, solve } from "fairlead";
 *
 * const client = await connect("unix:///run/buildkit/buildkitd.sock");
 * const context = new Map([["context", "."], ["dockerfile", "."]]);
 * await solve(client, dockerfileRequest({ exporters: [{ type: "local", attrs: {} }] }), {
 *   services: [
 *     health,
 *     fileSync(context),
 *     localOutputs(new Map([[0, { directory: "out", mode: "copy" }]])),
 *   ],
 *   onStatus: (status) => status.vertexes.forEach(({ name }) => console.log(name)),
 *   signal: AbortSignal.timeout(60_000),
 * });
 * await client.close();
 * ```
 *
 * @module
 */
export * from "./library.ts";
export { Client } from "./client.ts";
export type { TlsOptions } from "../transports/dial.ts";
export { ConnectionLost } from "./connection_lost.ts";
export { solve, type SolveOptions } from "./solve.ts";
export type { SpanSource } from "./client_spans.ts";
export { type BuildOptions, dockerfileRequest, solveRequest, type Typed } from "./solve_request.ts";
export { newId } from "../base/identity.ts";
export { type Gateway, withGateway } from "./gateway.ts";
export type { FileRange, Files } from "./files.ts";
export type { Container, ContainerOptions } from "./container.ts";
export type { Process, ProcessOptions } from "./process.ts";
export { type HistoryPage, listHistory, NoHistoryError, updateHistory } from "./history.ts";
export { diskUsage, prune } from "./cache.ts";

export { auth, type AuthOptions } from "./session/auth.ts";
export type { HelperOptions } from "./session/logins/credential_helper.ts";
export type { Credential, CredentialSource } from "./session/logins/credentials.ts";
export type { TokenAuthority } from "./session/logins/token_authority.ts";
export { type DockerConfigOptions, dockerCredentials } from "./session/logins/docker_config.ts";
export { fileSync, type FileSyncHooks } from "./session/filesync.ts";
export type { SendOptions } from "./fsync/sender.ts";
export type { Progress as FileSyncProgress, Warning as FileSyncWarning } from "./fsync/stream.ts";
export { health } from "./session/health.ts";
export { secrets } from "./session/secrets.ts";
export {
  openSecrets,
  SecretError,
  type SecretSource,
  type SecretSpec,
} from "./session/secret_source.ts";
export { type Agent, type Agents, ssh } from "./session/ssh.ts";
export type { AgentConnection } from "../transports/ssh/keys/agent.ts";
export type { TreeOutput } from "./session/filesend.ts";
export { fileOutput } from "./session/output_file.ts";
export type { ByteOutput, OutputSink } from "./session/output_sink.ts";

export type { CallOptions } from "./grpc/channel.ts";
export { Code, type ErrorDetail, RpcError } from "./grpc/status.ts";
export type { Handler, MessageStream, ServerCall, Service } from "./grpc/call.ts";
export type { Metadata } from "./grpc/metadata.ts";

export {
  DialError,
  type DialErrorCode,
  type DialErrorDetails,
  EndpointError,
} from "../transports/errors.ts";
export { transports } from "../transports/all.ts";
export { createPlugins, type Plugins } from "../transports/external.ts";
export { createRegistry, type Registry } from "../transports/registry.ts";
export type {
  Asking,
  Connection,
  DialContext,
  DialStep,
  Env,
  OptionSpec,
  OwnTls,
  Transport,
} from "../transports/transport.ts";
export type { ByteStream } from "../transports/byte_stream.ts";

// Each name is listed, so that a new message in proto/src becomes public only by a decision.
export { BuildHistoryEventType } from "../proto/gen/control_types.ts";
export type {
  BuildHistoryEvent,
  BuildHistoryRecord,
  BuildHistoryRequest,
  BuildResultInfo,
  CacheOptions,
  CacheOptionsEntry,
  Descriptor as ContentDescriptor,
  Exporter,
  PruneRequest,
  SolveRequest,
  SolveResponse,
  StatusResponse as SolveStatus,
  UpdateBuildHistoryRequest as HistoryUpdate,
  UsageRecord,
  Vertex,
  VertexLog,
  VertexStatus,
  VertexWarning,
} from "../proto/gen/control_types.ts";
export type {
  BuildkitVersion,
  CDIDevice,
  GCPolicy,
  WorkerRecord,
} from "../proto/gen/worker_types.ts";
export type {
  Definition,
  Location,
  Locations,
  OpMetadata,
  Platform,
  Position as SourcePosition,
  ProgressGroup,
  Range as SourceRange,
  Source,
  SourceInfo,
} from "../proto/gen/pb_types.ts";
export type { HostIP, Mount, SecretEnv } from "../proto/gen/steps_types.ts";
export type { Stat } from "../proto/gen/fsutil_types.ts";
export type {
  Ref as GatewayRef,
  RefMap as GatewayRefs,
  Result as GatewayResult,
  SolveRequest as GatewaySolve,
} from "../proto/gen/gateway_types.ts";
export type { Status as RpcStatus } from "../proto/gen/status_types.ts";
export type { Any } from "../proto/gen/google/protobuf/any_types.ts";
export type { Timestamp } from "../proto/gen/google/protobuf/timestamp_types.ts";
