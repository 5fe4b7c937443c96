/**
 * Definitions of one step, encoded. Steps refer to each other by the digest of their bytes. The
 * last step of a definition only names the step whose result counts.
 */
import { Definition, Op, type SourceOp } from "../proto/gen/pb.ts";
import { messageOf } from "../proto/message_of.ts";
import { sha256Of } from "./registry/digest.ts";

/**
 * A definition of one step.
 * @param step encoded
 * @param name the step's name in the progress
 * @param capabilities features that the daemon needs for it
 */
export async function stepDefinition(
  step: Uint8Array,
  name: string,
  capabilities: readonly string[] = [],
): Promise<Uint8Array> {
  const digest = await sha256Of(step);
  const last = Op.encode(messageOf(Op, { inputs: [{ digest, index: 0n }] })).finish();
  const metadata = {
    ignoreCache: false,
    description: { "llb.customname": name },
    caps: Object.fromEntries(capabilities.map((capability) => [capability, true])),
    progressGroup: undefined,
  };
  return Definition.encode({
    def: [step, last],
    metadata: { [digest]: metadata },
    Source: undefined,
  }).finish();
}

/** A definition that fetches a source. The other parameters are those of `stepDefinition`. */
export async function sourceDefinition(
  source: SourceOp,
  name: string,
  capabilities: readonly string[],
): Promise<Uint8Array> {
  // Empty constraints, as BuildKit's own client sends them: they are part of the step's digest.
  const step = Op.encode(messageOf(Op, { source, constraints: { filter: [] } })).finish();
  return await stepDefinition(step, name, capabilities);
}
