/** Targets as builds, which are printed, checked and run. */
import type { Resolved } from "../../bake/options.ts";
import type { Target } from "../../bake/target.ts";
import { parsePlatforms } from "../../builders/platforms.ts";
import { openAgents } from "../../buildkit/session/ssh_agents.ts";
import { openSecrets } from "../../buildkit/session/secret_source.ts";
import type { BuildSpec } from "../../builds/spec/build_spec.ts";
import { resources, ulimits } from "../../builds/spec/frontend.ts";
import { resolveEntries } from "../../builds/spec/output.ts";
import type { Deps } from "../../cli/deps.ts";
import type { OutputEntry } from "../../grammar/output.ts";
import { annotationAttrs } from "../../images/annotations.ts";
import { type Origin, specOfTarget, type TargetSpec } from "./spec.ts";

/** One target of a run. */
export interface Planned extends TargetSpec {
  readonly name: string;
  readonly target: Target;
}

/** The inputs of planning besides the targets. */
export interface PlanContext extends Pick<Origin, "isFetched" | "repository"> {
  readonly deps: Deps;
  /** All policies are off. */
  readonly disablesPolicies: boolean;
}

/**
 * Plans every target, and completes it as it is printed: with its whole context,
 * `SOURCE_DATE_EPOCH` of the environment, and stdout for archives without a destination. Throws
 * those errors of a build that the client can detect.
 */
export async function planTargets(
  { targets }: Resolved,
  { deps, disablesPolicies, ...origin }: PlanContext,
): Promise<Planned[]> {
  const { env, cwd } = deps;
  const epoch = env("SOURCE_DATE_EPOCH");
  const plan: Planned[] = [];
  for (const [name, target] of targets) {
    if (disablesPolicies) target.policy = [{ filenames: [], reset: false, disabled: true }];
    if (epoch && !target.args?.has("SOURCE_DATE_EPOCH")) {
      target.args = new Map([...target.args ?? [], ["SOURCE_DATE_EPOCH", epoch]]);
    }
    const planned = specOfTarget(target, { ...origin, cwd, env });
    target.context = planned.context;
    await checkSpec(planned.spec, deps);
    if (target.output) target.output = target.output.map(withDestination);
    plan.push({ name, target, ...planned });
  }
  return plan;
}

/** `--print` fails where a build would. */
async function checkSpec(spec: BuildSpec, { env, stdout }: Deps): Promise<void> {
  if (spec.platforms.length > 0) parsePlatforms(spec.platforms);
  annotationAttrs(spec.annotations);
  ulimits(spec.ulimits);
  resources(spec.resources);
  await openSecrets(spec.secrets.map(({ id, src, env }) => ({ id, file: src, env })), env);
  if (spec.agents.length > 0) await openAgents(spec.agents, env);
  await resolveEntries(spec.outputs, { stdoutIsTerminal: stdout.isTerminal });
}

/** An archive without a destination goes to stdout. */
function withDestination(output: OutputEntry): OutputEntry {
  const goesToStdout = output.dest === "" && ["oci", "tar"].includes(output.type);
  return goesToStdout ? { ...output, dest: "-" } : output;
}
