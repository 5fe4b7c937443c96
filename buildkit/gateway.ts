/**
 * The gateway API: requests that a frontend may make of the daemon, made by a client. Such a build
 * is a Solve that names no frontend; it stays open until Return gives its result. The other calls
 * carry its ref in `buildkit-controlapi-buildid`. They may come before it: the daemon waits 3 s for
 * a ref.
 */
import type {
  ResolveSourceMetaRequest,
  ResolveSourceMetaResponse,
  Result,
  SolveRequest as BridgeSolve,
} from "../proto/gen/gateway_types.ts";
import type { SolveRequest } from "../proto/gen/control_types.ts";
import { messageOf } from "../proto/message_of.ts";
import { after } from "../base/async.ts";
import type { Client } from "./client.ts";
import type { Container, ContainerOptions } from "./container.ts";
import { type FileCalls, type Files, filesOf } from "./files.ts";
import { type MethodDefinition, pathOf } from "./grpc/call.ts";
import { rpcErrorOf } from "./grpc/status.ts";
import { solve, type SolveOptions } from "./solve.ts";

/** Calls that are possible while the build is open. */
export interface Gateway {
  /**
   * Runs a frontend, or a definition. An aborted signal ends the daemon's work for this call.
   * Without `allowResultArrayRef`, the result's refs come without their definitions.
   */
  solve(request: Partial<BridgeSolve>, signal?: AbortSignal): Promise<Result>;
  /** The capabilities of the daemon and of its gateway, by BuildKit's names. One call is made. */
  capabilities(): Promise<ReadonlySet<string>>;
  /** The files of a result. They are built first, where that hasn't happened. */
  files(ref: string): Files;
  /** Makes a container of results, for programs that look into them. */
  newContainer(options: ContainerOptions): Promise<Container>;
  /**
   * Returns the metadata of a source without its content.
   *
   * @internal
   */
  resolveSourceMeta(request: ResolveSourceMetaRequest): Promise<ResolveSourceMetaResponse>;
  /**
   * Builds a result now; otherwise it is built when it is first needed. An aborted signal ends the
   * steps that no other call waits for.
   */
  evaluate(ref: string, signal?: AbortSignal): Promise<void>;
}

/**
 * Loads the messages of a gateway. A plain build has no use for them: they are a twentieth of a
 * build's code.
 */
export const loadGateway = () => import("../proto/gen/gateway.ts");

/** The calls that look into a build; few builds need them. */
const looking = async () =>
  (await import("../proto/gen/gateway_containers.ts")).LLBBridgeContainersDefinition;

/** How long the daemon gets to end the build after a failure on this side, in milliseconds. */
const FAIL_GRACE = 5000;

/**
 * Keeps a build open while `work` runs, and returns `work`'s result as the build's own. Rejects
 * with the build's error rather than that of `work`, because the daemon's error says more.
 */
export async function withGateway<T>(
  client: Client,
  request: SolveRequest,
  options: SolveOptions,
  work: (gateway: Gateway) => Promise<{ readonly result: Result; readonly value: T }>,
): Promise<{ readonly answers: Record<string, string>; readonly value: T }> {
  const { LLBBridgeDefinition: Bridge } = await loadGateway();
  const failed = new AbortController();
  const ended = new AbortController();
  const metadata: [string, string][] = [["buildkit-controlapi-buildid", request.Ref]];
  const call = <I extends object, O>(
    method: MethodDefinition<I, O>,
    message: Partial<I>,
    signal?: AbortSignal,
  ) =>
    client.channel.unary(Bridge, method, messageOf(method.requestType, message), {
      metadata,
      signal: signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]),
    });
  const { methods } = Bridge;
  const resultCalls: FileCalls = {
    readDir: async (request) => await call((await looking()).methods.readDir, request),
    statFile: async (request) => await call((await looking()).methods.statFile, request),
    readFile: (request) => call(methods.readFile, request),
  };
  let caps: Promise<ReadonlySet<string>> | undefined;
  const capabilities = async () => {
    const { LLBCaps, FrontendAPICaps } = await call(methods.ping, {});
    const known = [...LLBCaps, ...FrontendAPICaps];
    return new Set(known.filter(({ Enabled }) => Enabled).map(({ ID }) => ID));
  };
  const gateway: Gateway = {
    async solve(part, signal) {
      const request = { allowResultReturn: true, allowResultArrayRef: true, ...part };
      const answer = await call(methods.solve, request, signal);
      return answer.result ?? { result: undefined, metadata: {} };
    },
    capabilities: () => caps ??= capabilities(),
    files: (ref) => filesOf(resultCalls, ref),
    async newContainer(options) {
      const { methods } = await looking();
      const { openContainer } = await import("./container.ts");
      return await openContainer({
        newContainer: (request) => call(methods.newContainer, request),
        releaseContainer: (request) => call(methods.releaseContainer, request),
        files: {
          readDir: (request) => call(methods.readDirContainer, request),
          statFile: (request) => call(methods.statFileContainer, request),
          readFile: (request) => call(methods.readFileContainer, request),
        },
        exec: () =>
          client.channel.call(pathOf(Bridge, methods.execProcess), {
            metadata,
            signal: ended.signal,
          }),
      }, options);
    },
    resolveSourceMeta: (request) => call(methods.resolveSourceMeta, request),
    async evaluate(ref, signal) {
      await call(methods.evaluate, { Ref: ref }, signal);
    },
  };
  let stopTimer = () => {};
  const outer = solve(client, { ...request, Frontend: "", Definition: undefined }, {
    ...options,
    signal: AbortSignal.any([options.signal, failed.signal]),
  });
  const inner = (async () => {
    try {
      const { result, value } = await work(gateway);
      await call(methods.return, { result });
      return value;
    } catch (error) {
      // The call failed because the build is over.
      if (ended.signal.aborted) throw error;
      const { code, message, details } = rpcErrorOf(error);
      stopTimer = after(FAIL_GRACE, () => failed.abort(error));
      const status = { code, message, details: [...details] };
      await call(methods.return, { result: undefined, error: status }).catch(() => {});
      throw error;
    }
  })();
  inner.catch(() => {});
  try {
    const answers = await outer;
    return { answers, value: await inner };
  } finally {
    stopTimer();
    ended.abort(new Error("the build is over"));
    await inner.catch(() => {});
  }
}
