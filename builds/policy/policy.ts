import type { Env } from "../../transports/transport.ts";
import type { PolicyChoice } from "../spec/policy.ts";
import { parseBool } from "../../base/go/bool.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { ContextInputs } from "../inputs/context_inputs.ts";

/**
 * Refuses a build under a Rego policy: one that `--policy` names, one beside the Dockerfile, or
 * buildx's own, where `BUILDX_DEFAULT_POLICY` asks for it. To ignore a policy would be a hole.
 */
export function refusePolicies(
  choice: PolicyChoice,
  inputs: Pick<ContextInputs, "mounts" | "filename">,
  env: Env,
): void {
  if (choice.disabled) return;
  if (choice.files.length > 0) throw policyError(choice.files[0]!);
  if (choice.beside) refuseBeside(inputs);
  if (isSet(env("BUILDX_DEFAULT_POLICY"))) throw policyError("of BUILDX_DEFAULT_POLICY");
}

function refuseBeside({ mounts, filename }: Pick<ContextInputs, "mounts" | "filename">): void {
  const folder = mounts.get("dockerfile");
  if (folder === undefined) return;
  const path = `${folder}/${filename}.rego`;
  try {
    Deno.lstatSync(path);
  } catch {
    return;
  }
  throw policyError(path);
}

/** A text that is no boolean counts as false, as in buildx. */
function isSet(text: string | undefined): boolean {
  try {
    return parseBool(text ?? "");
  } catch {
    return false;
  }
}

/** The error about a policy that we can't evaluate. */
export function policyError(path: string): UsageError {
  return new UsageError(
    `cannot build under the policy ${path}: fairlead doesn't evaluate Rego policies yet`,
    "build with buildx; where no policy is meant to hold, say so with --policy disabled=true",
  );
}
