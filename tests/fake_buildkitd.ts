/**
 * A stand-in for buildkitd, for faults that a real daemon can't be brought to: Control's Info,
 * ListWorkers, Solve, Status and Session, served by our own gRPC and HTTP/2.
 *
 * It builds nothing: it reads no Dockerfile, runs no step, keeps no cache and no history, has no
 * gateway API (LLBBridge) and never checks health. The test's script decides what happens between a
 * Solve and its answer. It shares our HTTP/2 and gRPC, so it proves nothing about these:
 * `tests/grpc`, `tests/http2` and the real daemons do.
 */
import { pathOf, type ServerCall, unary } from "../buildkit/grpc/call.ts";
import { Code, RpcError } from "../buildkit/grpc/status.ts";
import { serve } from "../buildkit/grpc/server.ts";
import {
  ControlDefinition,
  SolveRequest,
  SolveResponse,
  StatusRequest,
  StatusResponse,
  Vertex,
  VertexLog,
} from "../proto/gen/control.ts";
import { Platform } from "../proto/gen/pb.ts";
import { WorkerRecord } from "../proto/gen/worker.ts";
import { messageOf } from "../proto/message_of.ts";
import { acceptSession, type FakeSession } from "./fake_buildkitd/session.ts";
import { serveConnections } from "./http2/serve_connections.ts";

const { info, listWorkers, solve, status, session } = ControlDefinition.methods;

/** A part of a Status message. */
export interface Progress {
  readonly vertexes?: readonly (Pick<Vertex, "digest" | "name"> & Partial<Vertex>)[];
  readonly logs?: readonly (Pick<VertexLog, "vertex" | "msg"> & Partial<VertexLog>)[];
}

/** One Solve, as its script sees it. */
export interface FakeBuild {
  readonly request: SolveRequest;
  /** The client's session; waits for it. */
  session(): Promise<FakeSession>;
  /** Tells the client's Status call. */
  status(message: Progress): void;
  /** Sends any bytes, which need not be a message. */
  statusBytes(bytes: Uint8Array): void;
  /** Aborted when the client cancels the build, or is gone. */
  readonly signal: AbortSignal;
  /** Answers with these bytes instead of a SolveResponse. */
  answerBytes(bytes: Uint8Array): void;
  /** Closes every connection at once, as a daemon that dies. */
  die(): void;
}

/**
 * The script of a build. Its result is the exporters' answers; an exception is the build's error.
 */
export type Script = (build: FakeBuild) => Promise<Record<string, string> | void>;

export interface FakeBuildkitd {
  /** `tcp://127.0.0.1:PORT` or `unix://PATH` */
  readonly address: string;
  /** Connections open now. */
  readonly connections: number;
  /**
   * One promise for each Solve, settled when its script has ended or the client has cancelled it.
   */
  readonly scripts: readonly Promise<unknown>[];
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves on a loopback port, or on a socket at this path, until it is stopped. */
export function startFakeBuildkitd(script: Script, path?: string): FakeBuildkitd {
  const listener = path === undefined
    ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
    : Deno.listen({ transport: "unix", path });
  const scripts: Promise<unknown>[] = [];
  const die = () => served.abort();
  const onStream = serve([controlService(script, { die, scripts })]);
  const served = serveConnections(listener, { onStream });
  const stop = () => served.close();
  return {
    address: path === undefined
      ? `tcp://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`
      : `unix://${path}`,
    get connections() {
      return served.running.size;
    },
    scripts,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Daemon {
  die(): void;
  scripts: Promise<unknown>[];
}

function controlService(script: Script, daemon: Daemon) {
  const sessions = promises<FakeSession>();
  const builds = promises<(call: ServerCall) => Promise<void>>();
  return {
    [pathOf(ControlDefinition, info)]: unary(info, () => ({
      buildkitVersion: {
        package: "fake_buildkitd",
        version: "v0.0.0+fake",
        revision: "",
        dockerfileVersion: "",
      },
    })),
    [pathOf(ControlDefinition, listWorkers)]: unary(
      listWorkers,
      () => ({
        record: [
          messageOf(WorkerRecord, {
            ID: "fake",
            platforms: [messageOf(Platform, { Architecture: "amd64", OS: "linux" })],
          }),
        ],
      }),
    ),
    [pathOf(ControlDefinition, session)]: async (call: ServerCall) => {
      const accepted = acceptSession(call);
      sessions.of(accepted.id).resolve(accepted);
      await accepted.ended;
    },
    [pathOf(ControlDefinition, status)]: async (call: ServerCall) => {
      let ref = "";
      await call.receive((bytes) => {
        ref = StatusRequest.decode(bytes.slice()).Ref;
      });
      await (await builds.of(ref).promise)(call);
    },
    [pathOf(ControlDefinition, solve)]: async (call: ServerCall) => {
      let bytes = new Uint8Array(0);
      await call.receive((message) => {
        bytes = message.slice();
      });
      const request = SolveRequest.decode(bytes);
      const told: Uint8Array[] = [];
      const over = Promise.withResolvers<void>();
      let follower: ServerCall | undefined;
      const tell = (message: Uint8Array) => follower ? follower.send(message) : told.push(message);
      builds.of(request.Ref).resolve(async (status) => {
        follower = status;
        for (const message of told) status.send(message);
        await Promise.race([over.promise, aborted(status.signal)]);
      });
      let answer: Uint8Array | undefined;
      try {
        const run = script({
          request,
          session: () => sessions.of(request.Session).promise,
          status: (message) => tell(encodeProgress(message)),
          statusBytes: (message) => tell(message),
          answerBytes: (message) => answer = message,
          signal: call.signal,
          die: daemon.die,
        });
        // An exception of the script fails the test, besides being the client's error.
        const ended = Promise.race([run, aborted(call.signal)]);
        daemon.scripts.push(ended);
        const answers = await ended;
        call.send(answer ?? SolveResponse.encode({ ExporterResponse: answers ?? {} }).finish());
      } finally {
        over.resolve();
      }
    },
  };
}

function encodeProgress({ vertexes = [], logs = [] }: Progress): Uint8Array {
  const message = messageOf(StatusResponse, {});
  message.vertexes = vertexes.map((vertex) => messageOf(Vertex, vertex));
  message.logs = logs.map((log) => messageOf(VertexLog, log));
  return StatusResponse.encode(message).finish();
}

/** Rejects when a call is over. */
function aborted(signal: AbortSignal): Promise<never> {
  const error = () => new RpcError(Code.CANCELLED, "context canceled");
  return new Promise((_, reject) => {
    if (signal.aborted) reject(error());
    else signal.addEventListener("abort", () => reject(error()), { once: true });
  });
}

/** Promises by name: the waiting and the fulfilling side may come in either order. */
function promises<T>() {
  const known = new Map<string, PromiseWithResolvers<T>>();
  return {
    of(name: string): PromiseWithResolvers<T> {
      const found = known.get(name) ?? Promise.withResolvers<T>();
      known.set(name, found);
      return found;
    },
  };
}
