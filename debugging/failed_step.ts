/**
 * The step that a build failed in. The daemon packs it as JSON into the error's details:
 * `{inputIDs, mountIDs, op, description}` (errdefs.Solve), and `{digest}` (errdefs.Vertex). Before
 * it runs a step, it adds a platform to operations that have none, which changes their digests. So
 * a step is recognised by its name and its inputs, too.
 */
import { jsonDetails } from "../buildkit/error_details.ts";
import { fieldsOf, itemsOf } from "../base/json.ts";
import { RpcError } from "../buildkit/grpc/status.ts";
import type { BuildDefinition, BuildStep } from "./definition.ts";
import { causesOf } from "../base/causes.ts";

/** A failed step, and the file systems that it left. */
export interface FailedStep {
  readonly step: BuildStep;
  /** A result for each of its mounts as the failure left it; it may be empty. */
  readonly mountIds: readonly string[];
  /** A result for each of its mounts as it was before. */
  readonly inputIds: readonly string[];
}

/** The failed step of an error; undefined if the error isn't one of a step of the definition. */
export function failedStepOf(error: unknown, definition: BuildDefinition): FailedStep | undefined {
  const details = causesOf(error).find((cause) => cause instanceof RpcError)?.details ?? [];
  const [solve] = jsonDetails(details, "errdefs.Solve");
  if (solve === undefined) return undefined;
  const { digest } = jsonDetails(details, "errdefs.Vertex")[0] ?? {};
  const inputs = itemsOf(fieldsOf(solve["op"])["inputs"]).map((input) => fieldsOf(input)["digest"]);
  const name = fieldsOf(solve["description"])["llb.customname"];
  const isIt = ({ name: own, op }: BuildStep) =>
    own !== "" && own === name && op.inputs.length === inputs.length &&
    op.inputs.every((input, i) => input.digest === inputs[i]);
  const step = definition.steps.get(String(digest)) ?? [...definition.steps.values()].find(isIt);
  if (step === undefined) return undefined;
  return { step, mountIds: ids(solve["mountIDs"]), inputIds: ids(solve["inputIDs"]) };
}

/** The failed step of an error among those of all results; undefined if it is in none. */
export function failedStepIn(
  error: unknown,
  results: readonly { readonly definition: BuildDefinition }[],
): FailedStep | undefined {
  return results.map(({ definition }) => failedStepOf(error, definition)).find(Boolean);
}

function ids(json: unknown): readonly string[] {
  return itemsOf(json).map((id) => typeof id === "string" ? id : "");
}
