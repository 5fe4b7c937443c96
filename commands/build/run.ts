import type { Builder } from "../../builders/builder.ts";
import type { StoredNode } from "../../builders/node_group.ts";
import type { Client } from "../../buildkit/client.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import type { Store } from "../../builders/store.ts";
import { saveBuildState } from "../../builders/local_state.ts";
import { newId } from "../../buildkit/identity.ts";
import { solve } from "../../buildkit/solve.ts";
import { solveRequest } from "../../buildkit/solve_request.ts";
import { after } from "../../transports/timer.ts";
import type { Deps } from "../deps.ts";
import { phase } from "../phases.ts";
import type { Progress } from "../progress/progress.ts";
import { sourceExcerpt, sourcesOf } from "../progress/source_excerpt.ts";
import type { PreparedBuild } from "./prepare.ts";
import type { Answers } from "./result.ts";
import { reach } from "./reach.ts";
import { buildServices } from "./services.ts";

/** What a build runs with. */
export interface RunContext {
  readonly deps: Deps;
  readonly store: Store;
  readonly builder: Builder;
  readonly node: StoredNode;
  readonly progress: Progress;
  /** Milliseconds that a connection may take; 0 for no limit. */
  readonly budget: number;
  /** How much of the provenance the answers are to have. */
  readonly provenance: "min" | "max" | undefined;
}

/** A build that failed: the Dockerfile's lines stand above the message. */
export class BuildError extends Error {
  override readonly name = "BuildError";
  readonly above: readonly string[];
  constructor(cause: Error) {
    super(
      `failed to build: ${cause instanceof RpcError ? "failed to solve: " : ""}${cause.message}`,
      {
        cause,
      },
    );
    const details = cause instanceof RpcError ? cause.details : [];
    this.above = sourcesOf(details).flatMap((source) =>
      sourceExcerpt(source).trimEnd().split("\n")
    );
  }
}

/** Connects, builds, and ends the progress display. Resolves to the exporters' answers. */
export async function runBuild(build: PreparedBuild, context: RunContext): Promise<Answers> {
  return await onBuilder(build, context, (client) => solveOn(client, build, context));
}

/** Connects, does `work`, and ends the progress display. What fails is a `BuildError`. */
export async function onBuilder<T>(
  build: PreparedBuild,
  context: RunContext,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { deps, builder, node, progress, budget } = context;
  phase("prepared");
  try {
    const client = await reach(builder, node, { deps, progress, budget });
    phase("connected");
    try {
      const { dockerfileUrl, mounts, filename } = build.sources;
      if (dockerfileUrl !== undefined) {
        const { fetchDockerfile } = await import("./fetch_dockerfile.ts");
        const text = await fetchDockerfile(client, dockerfileUrl, context);
        Deno.writeFileSync(`${mounts.get("dockerfile")}/${filename}`, text);
      }
      if (build.sources.isRemote && !mounts.has("dockerfile")) {
        const { refuseRemotePolicy } = await import("./remote_policy.ts");
        await refuseRemotePolicy(client, build, context);
      }
      const done = await work(client);
      phase("solved");
      progress.finish();
      return done;
    } finally {
      await client.close();
    }
  } catch (error) {
    progress.finish({ error, canceled: deps.signal.aborted });
    if (deps.signal.aborted || !(error instanceof Error)) throw error;
    throw new BuildError(error);
  }
}

async function solveOn(
  client: Client,
  build: PreparedBuild,
  { deps, store, builder, node, progress, provenance }: RunContext,
): Promise<Answers> {
  const ref = newId();
  using services = await buildServices(build, { deps, progress });
  let recorded = builder.origin === "BUILDKIT_HOST";
  const record = () => {
    if (recorded) return;
    recorded = true;
    store.noteUse(builder.name);
    saveBuildState(build.storeDir, [builder.name, node.name, ref], build.sources.state);
  };
  try {
    const solving = solve(client, solveRequest(ref, newId(), build.options), {
      services: services.list,
      sharedKey: build.sources.sharedKey,
      onStatus: (status) => progress.update(status),
      signal: deps.signal,
    });
    const cool = inTurns([...services.warmUps, record]);
    const answers = await solving.finally(cool).finally(record);
    await services.commit();
    await build.layouts.commit(answers);
    // containerd's image store knows an image by its manifest's digest alone (as buildx has it).
    if (build.outputs.some(({ loader }) => loader?.containerd)) {
      delete answers["containerimage.config.digest"];
    }
    answers["buildx.build.ref"] = `${builder.name}/${node.name}/${ref}`;
    return { ...answers, ...await withProvenance(client, ref, { deps, progress, provenance }) };
  } catch (error) {
    await services.discard();
    throw error;
  }
}

/** Calls each, while the daemon has the word: what it says meanwhile is heard in between. */
function inTurns(steps: readonly (() => void)[]): () => void {
  let stop = () => {};
  const next = (at: number) => {
    const step = steps[at];
    if (!step) return;
    stop = after(0, () => {
      step();
      next(at + 1);
    });
  };
  next(0);
  return () => stop();
}

async function withProvenance(
  client: Client,
  ref: string,
  { deps, progress, provenance }: Pick<RunContext, "deps" | "progress" | "provenance">,
): Promise<Answers> {
  if (provenance === undefined) return {};
  const vertex = progress.local.start("resolving provenance for metadata file");
  try {
    const { recordedProvenance } = await import("./provenance.ts");
    const answers = await recordedProvenance(client, ref, provenance, deps.signal);
    vertex.done();
    return answers;
  } catch (error) {
    vertex.fail(error);
    throw error;
  }
}
