import { noteFailedBuild } from "../results/build_details.ts";
import type { Client } from "../../buildkit/client.ts";
import { ConnectionLost } from "../../buildkit/connection_lost.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import { newId } from "../../base/identity.ts";
import { solve } from "../../buildkit/solve.ts";
import { solveRequest } from "../../buildkit/solve_request.ts";
import { after } from "../../base/async.ts";
import { whileWaiting } from "../../base/while_waiting.ts";
import { ignoreFileOf } from "../inputs/ignore_file.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { Job, JobContext } from "./job.ts";
import type { Link } from "./links.ts";
import type { PreparedBuild } from "../prepare.ts";
import type { Answers } from "../results/result.ts";
import { policedRequest, underPolicies } from "./policed.ts";
import { buildServices } from "./services.ts";
import { recordsRequest, solveByGateway } from "./solve_by_gateway.ts";

/**
 * To be called before a build's first job. Lets the daemon fetch a Dockerfile, and keeps stdin for
 * the next attempt.
 */
export async function makeReady(
  client: Client,
  build: PreparedBuild,
  context: JobContext,
): Promise<void> {
  const { dockerfileUrl, mounts, filename } = build.inputs;
  if (context.retries) await build.inputs.keepStdin(context.deps.signal);
  if (dockerfileUrl !== undefined) {
    const { fetchFile } = await import("../inputs/fetch_file.ts");
    const text = await fetchFile(client, dockerfileUrl, "Dockerfile", context);
    Deno.writeFileSync(`${mounts.get("dockerfile")}/${filename}`, text);
  }
}

/**
 * Runs one job to its end. Resolves to the answers of the exporters, or of the frontend for a
 * `call`.
 * @param link connects it with the jobs whose results it uses, and with those that use its own
 */
export async function runJob(
  client: Client,
  job: Job,
  context: JobContext,
  link?: Link,
): Promise<Answers> {
  const { build } = job;
  try {
    if (build.call === undefined) return await runBuild(client, job, context, link);
    const { askFrontend } = await import("../results/call.ts");
    return await askFrontend(client, build.call, job, context, link);
  } catch (error) {
    if (error instanceof RpcError && !context.deps.signal.aborted) {
      const { findHint } = await import("../hints/hint_of.ts");
      const { inputs, secretIds } = build;
      await findHint(error, { inputs, secretIds, isBake: context.isBake });
    }
    throw error;
  }
}

/** A build is recorded after so many milliseconds at the latest. */
const UNRECORDED = 1000;

async function runBuild(
  client: Client,
  job: Job,
  context: JobContext,
  link?: Link,
): Promise<Answers> {
  const { build, options, ref } = job;
  const { deps, builder, progress, idle } = context;
  if (options.exporters.length > 1) await requireSeveralOutputs(client, deps.signal);
  const services = await buildServices(build, context, client);
  const policies = await underPolicies(client, job, context, services.list);
  const list = [...services.list, ...policies ? [policies.service] : []];
  const solving = link?.solve ?? solvingOf(job, context);
  const record = () => {
    void context.noteUse();
    context.record(job);
  };
  try {
    const solved = solving(client, policedRequest(solveRequest(ref, newId(), options), policies), {
      services: idle?.watched(list) ?? list,
      sharedKey: build.inputs.sharedKey,
      ...context.compressUploads === false && { compress: false },
      onStatus(status) {
        idle?.touch();
        progress.update(status);
      },
      onFar: () => lookAtContext(job, context),
      signal: deps.signal,
      traceparent: deps.env("TRACEPARENT"),
      span: {
        name: job.target === "default" ? "build" : `build ${job.target}`,
        attributes: { builder: builder.name },
      },
    });
    // While the daemon works.
    const stop = after(0, () => {
      if (build.inputs.mounts.size > 0) context.shared.sys();
    });
    const stopRecord = whileWaiting(UNRECORDED, record);
    const answers = await solved.finally(() => {
      stop();
      stopRecord();
      record();
    });
    await policies?.close();
    await services.commit();
    await build.layouts.commit(answers, (text) => progress.note(`WARNING: ${text}`));
    for (const { store } of build.outputs) await store?.commit(answers);
    // The engine pushes after the build, as with buildx.
    if (build.outputs.some(({ pushedAfter }) => pushedAfter)) {
      const { pushAfter } = await import("../outputs/engine_push.ts");
      Object.assign(answers, await pushAfter(job, answers, context));
    }
    if (build.outputs.some(({ attrs }) => attrs["prefer-image-digest"] === "true")) {
      delete answers["containerimage.config.digest"];
    }
    const digest = answers["containerimage.digest"];
    if (context.imageSizes && digest !== undefined) {
      const { imageSize } = await import("../results/image_size.ts");
      const size = await imageSize(client, digest, deps.signal);
      if (size !== undefined) context.imageSizes.set(digest, size);
    }
    answers["buildx.build.ref"] = `${builder.name}/${job.node.name}/${ref}`;
    return { ...answers, ...await withProvenance(client, ref, context) };
  } catch (error) {
    await policies?.close(error);
    await services.discard();
    noteFailedBuild(error, `${builder.name}/${job.node.name}/${ref}`);
    if (!(error instanceof ConnectionLost)) throw error;
    const look =
      `check whether the builder continued: fairlead history attach --builder ${builder.name} ${ref}`;
    // A user of --retry knows the flag.
    const again = context.retries ? "" : "; to build again when this happens: --retry N";
    throw error.during(`build ${ref}`, `${error.remedy ?? look}${again}`);
  }
}

/** Looks at the files of the context, which the daemon asks for last. */
function lookAtContext({ build: { inputs } }: Job, { shared, isBake }: JobContext): void {
  const folder = inputs.mounts.get("context");
  if (folder === undefined || isBake) return;
  try {
    shared.lookAhead(folder, ignoreFileOf(inputs, folder)?.patterns ?? []);
  } catch {
    // The frontend reports what is wrong with the ignore file.
  }
}

/**
 * The way to ask for the build: in one request, unless it has inputs, its provenance repeats it, or
 * a hook looks into it.
 */
function solvingOf(job: Job, { provenance, inspect, deps }: JobContext): typeof solve {
  const { build, options } = job;
  const { definitions } = build.inputs;
  const isPlain = definitions.size === 0 && !inspect;
  if (isPlain && !recordsRequest(options, provenance !== undefined)) return solve;
  const { signal } = deps;
  return (client, request, solveOptions) =>
    solveByGateway(
      client,
      request,
      solveOptions,
      Object.fromEntries(definitions),
      inspect && ((gateway, result) => inspect({ gateway, result, job, signal })),
    );
}

/** An old daemon knows one output, and would silently ignore the others. Throws `UsageError`. */
async function requireSeveralOutputs(client: Client, signal: AbortSignal): Promise<void> {
  const { capabilities } = await import("../../buildkit/capabilities.ts");
  if ((await capabilities(client, signal)).has("exporter.multiple")) return;
  throw new UsageError(
    "multiple outputs currently unsupported by the current BuildKit daemon, please upgrade to " +
      "version v0.13+ or use a single output",
  );
}

async function withProvenance(
  client: Client,
  ref: string,
  { deps, progress, provenance }: JobContext,
): Promise<Answers> {
  if (provenance === undefined) return {};
  const vertex = progress.local.start("resolving provenance for metadata file");
  try {
    const { recordedProvenance } = await import("../results/provenance.ts");
    const answers = await recordedProvenance(client, ref, provenance, deps.signal);
    vertex.done();
    return answers;
  } catch (error) {
    vertex.fail(error);
    throw error;
  }
}
