/** The outputs that a build's options ask for, or that its builder has by default. */
import { isTrue } from "../../base/env_bool.ts";
import type { Builder } from "../../builders/builder.ts";
import { firstNode } from "../../builders/choose_node.ts";
import { driverOf } from "../../builders/drivers/all.ts";
import { isInsideEngine } from "../../builders/engine_traits.ts";
import type { Deps } from "../../cli/deps.ts";
import { warn } from "../../cli/warn.ts";
import type { PreparedBuild } from "../prepare.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import { type Output, resolveOutputs } from "../spec/output.ts";

/** The outputs of a build before images have names. */
export interface ChosenOutputs {
  readonly outputs: readonly Output[];
  /** The builder keeps or loads the image by default, without an option. */
  readonly byDefault: boolean;
  /** No option says where the result goes, and there is no default. */
  readonly isMissing: boolean;
}

/** A question has no outputs. Throws `UsageError` for a destination that can't be written to. */
export async function chooseOutputs(
  spec: BuildSpec,
  { deps, builder }: { readonly deps: Deps; readonly builder: Builder },
): Promise<ChosenOutputs> {
  const isCall = spec.call !== undefined;
  const isAsked = isCall || spec.outputs.length > 0 || spec.load || spec.push;
  const node = firstNode(builder);
  const isInside = isInsideEngine(builder, node, deps);
  const hasNoDefault = lacksDefaultLoad(deps);
  const byDefault = !isAsked && (isInside || driverOf(builder).loads(node)) && !hasNoDefault;
  const outputs = await resolveOutputs(isCall ? [] : spec.outputs, {
    load: !isCall && spec.load || byDefault,
    push: !isCall && spec.push,
    stdoutIsTerminal: deps.stdout.isTerminal,
  });
  return { outputs, byDefault, isMissing: !isAsked && !byDefault && !hasNoDefault };
}

/** `BUILDX_NO_DEFAULT_LOAD`. A value that is no boolean gets a warning, and counts as false. */
function lacksDefaultLoad(deps: Pick<Deps, "env" | "stderr">): boolean {
  const name = "BUILDX_NO_DEFAULT_LOAD";
  try {
    return isTrue(name, deps.env);
  } catch {
    warn(deps, `invalid non-bool value for ${name}: ${deps.env(name)}`);
    return false;
  }
}

/**
 * A warning about targets whose results are discarded; none for a question about the Dockerfile.
 */
export function noOutput(
  builds: ReadonlyMap<string, PreparedBuild>,
  { driver }: Builder,
): string[] {
  if ([...builds.values()].some(({ call }) => call)) return [];
  const names = [...builds].flatMap(([name, { lacksOutput }]) => lacksOutput ? name : []);
  if (names.length === 0) return [];
  const which = names.join() === "default" ? "" : `for ${names.join(", ")} target(s) `;
  return [
    `WARNING: No output specified ${which}with ${driver} driver. Build result will only remain in ` +
    "the build cache. To push result image into registry use --push or to load image into docker " +
    "use --load",
  ];
}
