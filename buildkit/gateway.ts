/**
 * The gateway API: requests that a frontend may make of the daemon, made by a client. Such a build is a
 * Solve that names no frontend; it stays open until Return gives its result. The other calls carry its
 * ref in `buildkit-controlapi-buildid`. They may come before it: the daemon waits 3 s for a ref.
 */
import {
  LLBBridgeDefinition as Bridge,
  type ResolveSourceMetaRequest,
  type ResolveSourceMetaResponse,
  type Result,
  type SolveRequest as BridgeSolve,
} from "../proto/gen/gateway.ts";
import type { SolveRequest } from "../proto/gen/control.ts";
import { messageOf } from "../proto/message_of.ts";
import { after } from "../base/async.ts";
import type { Client } from "./client.ts";
import type { MethodDefinition } from "./grpc/call.ts";
import { rpcErrorOf } from "./grpc/status.ts";
import { solve, type SolveOptions } from "./solve.ts";

/** Calls that are possible while the build is open. */
export interface Gateway {
  /** Runs a frontend, or a definition. */
  solve(request: Partial<BridgeSolve>): Promise<Result>;
  /** The daemon's capabilities, by BuildKit's names. */
  capabilities(): Promise<ReadonlySet<string>>;
  /** Reads up to `length` bytes of a file of a result. */
  readFile(ref: string, path: string, length: number): Promise<Uint8Array>;
  /** Returns the metadata of a source without its content. */
  resolveSourceMeta(request: ResolveSourceMetaRequest): Promise<ResolveSourceMetaResponse>;
  /** Builds a result now; otherwise it is built when it is first needed. */
  evaluate(ref: string): Promise<void>;
}

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
  const failed = new AbortController();
  const ended = new AbortController();
  const metadata: [string, string][] = [["buildkit-controlapi-buildid", request.Ref]];
  const call = <I extends object, O>(method: MethodDefinition<I, O>, message: Partial<I>) =>
    client.channel.unary(
      Bridge,
      method,
      messageOf(method.requestType, message),
      { metadata, signal: ended.signal },
    );
  const { methods } = Bridge;
  const gateway: Gateway = {
    async solve(part) {
      const answer = await call(methods.solve, {
        ...part,
        allowResultReturn: true,
        allowResultArrayRef: true,
      });
      return answer.result ?? { result: undefined, metadata: {} };
    },
    async capabilities() {
      const { LLBCaps } = await call(methods.ping, {});
      return new Set(LLBCaps.filter(({ Enabled }) => Enabled).map(({ ID }) => ID));
    },
    async readFile(ref, path, length) {
      const Range = { Offset: 0n, Length: BigInt(length) };
      return (await call(methods.readFile, { Ref: ref, FilePath: path, Range })).Data;
    },
    resolveSourceMeta: (request) => call(methods.resolveSourceMeta, request),
    async evaluate(ref) {
      await call(methods.evaluate, { Ref: ref });
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
