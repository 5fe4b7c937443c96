/**
 * Links between targets. The frontend's result of one target, unbuilt, is an input of the targets
 * that use it, so that the daemon sees one graph. A target that others use waits until all of them
 * have made their results, and only then builds its own. So the daemon recognizes the shared work
 * as the same.
 */
import type { SolveRequest } from "../../proto/gen/control.ts";
import type { Result } from "../../proto/gen/gateway.ts";
import type { Client } from "../../buildkit/client.ts";
import { type Gateway } from "../../buildkit/gateway.ts";
import type { SolveOptions } from "../../buildkit/solve.ts";
import type { PreparedBuild } from "../prepare.ts";
import type { Inspect } from "./inspect.ts";
import type { Job } from "./job.ts";
import { abortable } from "../../base/async.ts";
import { evaluateAll } from "../../buildkit/result.ts";
import { solveByGateway } from "./solve_by_gateway.ts";

type Attrs = Readonly<Record<string, string>>;

/** The inputs that the frontend gets for the results that a job uses. */
interface Given {
  readonly attrs: Attrs;
  /** Definitions by their names in `attrs`. */
  readonly inputs: Readonly<Record<string, Uint8Array>>;
}

/** Connects a job with the jobs whose results it uses, and with those that use its own result. */
export interface Link {
  /** Waits for the results that the job uses. Rejects with the signal's reason. */
  given(attrs: Attrs, signal: AbortSignal): Promise<Given>;
  /** Passes the job's result on. Resolves when no job waits for it any more. */
  took(gateway: Gateway, result: Result, signal: AbortSignal): Promise<void>;
  /** Replaces a plain solve: waits for results, solves, and passes the result on. */
  solve(
    client: Client,
    request: SolveRequest,
    options: SolveOptions,
  ): Promise<Record<string, string>>;
}

const CONFIG = "containerimage.config";

/**
 * Makes a build with the credentials of all builds that it links to, directly or through others.
 * The daemon does shared work once, and may ask any of their sessions for a secret or an agent. A
 * session without it would answer that there is none, and an optional secret would be empty. A
 * build's own credentials go first.
 */
export function withLinkedCredentials(
  build: PreparedBuild,
  builds: ReadonlyMap<string, PreparedBuild>,
): PreparedBuild {
  const all = new Set([build]);
  for (const { inputs } of all) {
    for (const target of inputs.links.values()) {
      const linked = builds.get(target);
      if (linked !== undefined) all.add(linked);
    }
  }
  if (all.size === 1) return build;
  return {
    ...build,
    opened: { ...build.opened, read: [...all].flatMap(({ opened }) => opened.read) },
    agents: new Map([...all].reverse().flatMap(({ agents }) => [...agents])),
    async secrets(id) {
      for (const { secrets } of all) {
        const value = await secrets(id);
        if (value !== undefined) return value;
      }
      return undefined;
    },
  };
}

/** The links of jobs that have any. Throws for two that are built on different nodes. */
export function linkJobs(jobs: readonly Job[], inspect?: Inspect): ReadonlyMap<Job, Link> {
  const results = new Map(jobs.map((job) => [job, Promise.withResolvers<Result>()]));
  const usedBy = new Map<Job, { readonly context: string; readonly job: Job }[]>();
  for (const job of jobs) {
    const used = [...job.build.inputs.links].map(([context, target]) => {
      const found = jobs.find((other) => other.target === target && other.index === job.index);
      if (found !== undefined) return { context, job: found };
      throw new Error(
        `failed to use ${target} as context ${context} for ${job.target} because targets build ` +
          "with different drivers",
      );
    });
    usedBy.set(job, used);
  }
  const usersOf = (job: Job) =>
    jobs.filter((other) => usedBy.get(other)!.some((used) => used.job === job));
  const resultOf = (job: Job, signal: AbortSignal) => abortable(results.get(job)!.promise, signal);
  const links = new Map<Job, Link>();
  for (const job of jobs) {
    const used = usedBy.get(job)!, users = usersOf(job);
    if (used.length + users.length === 0) continue;
    const link: Link = {
      async given(attrs, signal) {
        const { definitions } = job.build.inputs;
        const given = { attrs: { ...attrs }, inputs: Object.fromEntries(definitions) };
        for (const { context, job: other } of used) {
          const key = `${other.index}-${other.target}`;
          giveResult(given, context, key, await resultOf(other, signal));
        }
        return given;
      },
      async took(gateway, result, signal) {
        results.get(job)!.resolve(result);
        if (users.length === 0) return;
        await Promise.all(users.map((user) => resultOf(user, signal)));
        await evaluateAll(gateway, result);
      },
      async solve(client, request, options) {
        const { attrs, inputs } = await link.given(request.FrontendAttrs, options.signal);
        const linked = { ...request, FrontendAttrs: { ...attrs } };
        return await solveByGateway(client, linked, options, inputs, async (gateway, answer) => {
          const { signal } = options;
          const result = await inspect?.({ gateway, result: answer, job, signal }) ?? answer;
          await link.took(gateway, result, signal);
          return result;
        });
      },
    };
    links.set(job, link);
  }
  return links;
}

/** Gives the frontend a result as a context; for several platforms, each of them separately. */
function giveResult(
  { attrs, inputs }: {
    readonly attrs: Record<string, string>;
    readonly inputs: Record<string, Uint8Array>;
  },
  context: string,
  key: string,
  { result, metadata }: Result,
): void {
  const give = (suffix: string, def: Uint8Array | undefined, config: Uint8Array | undefined) => {
    // An empty result has an empty definition.
    inputs[`${key}${suffix}`] = def ?? new Uint8Array(0);
    attrs[`context:${context}${suffix}`] = `input:${key}${suffix}`;
    if (config) {
      attrs[`input-metadata:${key}${suffix}`] = JSON.stringify({ [CONFIG]: config.toBase64() });
    }
  };
  if (result?.$case === "ref") give("", result.ref.def, metadata[CONFIG]);
  if (result?.$case !== "refs" || Object.keys(result.refs.refs).length === 0) return;
  delete attrs[`context:${context}`];
  for (const [platform, ref] of Object.entries(result.refs.refs)) {
    give(`::${platform}`, ref.def, metadata[`${CONFIG}/${platform}`]);
  }
}
