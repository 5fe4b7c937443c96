import { UsageError } from "../usage_error.ts";
import type { Inputs } from "./inputs.ts";

/** buildx evaluates a Rego policy beside the Dockerfile. To ignore one would be a hole. */
export async function refusePolicy(
  { mounts, filename }: Pick<Inputs, "mounts" | "filename">,
): Promise<void> {
  const folder = mounts.get("dockerfile");
  if (folder === undefined) return;
  const path = `${folder}/${filename}.rego`;
  try {
    await Deno.lstat(path);
  } catch {
    return;
  }
  throw policyError(path);
}

/** What is said of a policy that we can't evaluate. */
export function policyError(path: string): UsageError {
  return new UsageError(
    `cannot build under the policy ${path}: fairlead doesn't evaluate Rego policies yet`,
    "build with buildx, or move the policy away if it isn't meant to hold",
  );
}
