/** Each target with its place and as a build: what is printed, checked and run. */
import type { Resolved } from "../../bake/options.ts";
import type { Output, Target } from "../../bake/target.ts";
import type { buildFlags } from "../../builds/flags.ts";
import type { Deps } from "../../cli/deps.ts";
import type { FlagValues } from "../../cli/flags/spec.ts";
import { buildFlagsOf } from "./build_flags.ts";
import { checkBuild } from "./checked.ts";
import { contextAccess } from "./git_access.ts";
import { type Place, placeOf } from "./target_paths.ts";

/** One target of a run. */
export interface Planned {
  readonly name: string;
  readonly target: Target;
  readonly place: Place;
  readonly flags: FlagValues<typeof buildFlags>;
}

/** What planning goes by. */
export interface PlanContext {
  readonly deps: Deps;
  /** The git repository of the definition; undefined for one of this machine. */
  readonly repository: string | undefined;
  /** All policies are off. */
  readonly disablesPolicies: boolean;
}

/**
 * Plans every target, and completes it as it is printed: its context in full, `SOURCE_DATE_EPOCH` of
 * the environment, stdout for archives that have no place. Throws what a build of it would, as far
 * as that shows on this side.
 */
export async function planTargets(
  { targets }: Resolved,
  { deps, repository, disablesPolicies }: PlanContext,
): Promise<Planned[]> {
  const { env, cwd } = deps;
  const epoch = env("SOURCE_DATE_EPOCH");
  const plan: Planned[] = [];
  for (const [name, target] of targets) {
    if (disablesPolicies) target.policy = [{ filenames: [], reset: false, disabled: true }];
    if (epoch && !target.args?.has("SOURCE_DATE_EPOCH")) {
      target.args = new Map([...target.args ?? [], ["SOURCE_DATE_EPOCH", epoch]]);
    }
    const place = placeOf(target, { repository, cwd, exists });
    target.context = place.context;
    const flags = buildFlagsOf(target, place, contextAccess(repository, place.context, env), env);
    await checkBuild(flags, { env, stdoutIsTerminal: deps.stdout.isTerminal });
    if (target.output) target.output = target.output.map(placed);
    plan.push({ name, target, place, flags });
  }
  return plan;
}

/** An archive without a place goes to stdout. */
function placed(output: Output): Output {
  const isHomeless = output.dest === "" && ["oci", "tar"].includes(output.type);
  return isHomeless ? { ...output, dest: "-" } : output;
}

/** Whether there is something at a path. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
