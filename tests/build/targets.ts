/** Runs the engine on several targets, as bake does, in this process. */
import { chooseBuilder, openStore } from "../../builders/builder.ts";
import { buildFlags } from "../../commands/build/flags.ts";
import { specOfFlags } from "../../commands/build/spec.ts";
import { checkouts } from "../../builds/inputs/git_repository.ts";
import { prepare, type PreparedBuild } from "../../builds/prepare.ts";
import type { Answers } from "../../builds/results/result.ts";
import { runBuilds } from "../../builds/running/run.ts";
import { openScratch } from "../../builds/scratch.ts";
import { parseFlags } from "../../cli/flags/parse.ts";
import { startProgress } from "../../progress/progress.ts";
import type { State } from "../../progress/state.ts";
import { collector, fakeDeps } from "../commands/fake_deps.ts";
import type { Workspace } from "./workspace.ts";

export interface Built {
  /** By target; undefined when the run failed. */
  readonly answers: ReadonlyMap<string, Answers> | undefined;
  readonly error: Error | undefined;
  /** The plain progress. */
  readonly progress: string;
  /** The state that a terminal would show. */
  readonly state: State;
}

/** @param targets the words of a build's command line, its context last, by target */
export async function buildTargets(
  space: Workspace,
  targets: Readonly<Record<string, readonly string[]>>,
  options: {
    readonly group?: readonly string[];
    readonly signal?: AbortSignal;
    readonly retries?: number;
    /** Hears of all of the progress whenever there is more. */
    readonly onProgress?: (text: string) => void;
  } = {},
): Promise<Built> {
  const kept = collector();
  const stderr: typeof kept = {
    ...kept,
    write(text) {
      kept.write(text);
      options.onProgress?.(kept.text());
    },
  };
  const { signal, retries = 0 } = options;
  const fake = { env: space.env, cwd: space.dir, ...signal && { signal } };
  const clock = { ...fakeDeps([], fake, stderr, stderr).clock, now: Date.now };
  const deps = { ...fakeDeps([], fake, stderr, stderr), clock };
  const store = openStore(deps.env);
  const builder = await chooseBuilder(store, deps.env, space.env["BUILDX_BUILDER"]!);
  using scratch = openScratch();
  using progress = startProgress({
    mode: "plain",
    out: stderr,
    size: () => ({ columns: 80, rows: 24 }),
    env: deps.env,
    title: `building with ${JSON.stringify(builder.name)} instance using remote driver`,
    label: `remote:${builder.name}`,
  });
  const builds = new Map<string, PreparedBuild>();
  for (const [target, words] of Object.entries(targets)) {
    const { values: flags, args } = parseFlags(buildFlags, words, deps.env);
    const context = {
      deps,
      builder,
      store,
      scratch,
      budget: 0,
      sourcePolicy: undefined,
      checkoutOf: checkouts(),
    };
    const spec = { ...await specOfFlags(args[0]!, flags, deps), call: undefined };
    const names = new Set(Object.keys(targets));
    builds.set(target, await prepare(spec, { ...context, targets: names }));
  }
  const { group } = options;
  const { state } = progress;
  const context = {
    deps,
    store,
    builder,
    progress,
    provenance: undefined,
    errorPrefix: "",
    budget: 20_000,
    retries,
  };
  try {
    const answers = await runBuilds(builds, { ...context, ...group && { group } });
    return { answers, error: undefined, progress: stderr.text(), state };
  } catch (error) {
    return { answers: undefined, error: error as Error, progress: stderr.text(), state };
  }
}
