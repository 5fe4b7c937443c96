import { messageOf } from "../../proto/message_of.ts";
import { type Definition, Op, type SourceOp } from "../../proto/gen/pb.ts";

/**
 * A definition of one step, which fetches a source. Steps refer to each other by the digest of their
 * bytes. The last one of a definition only names the step whose result counts.
 * @param name the step's name in the progress
 * @param capabilities features that the daemon needs for it
 */
export async function sourceDefinition(
  source: SourceOp,
  name: string,
  capabilities: readonly string[],
): Promise<Definition> {
  // Empty constraints, as BuildKit's own client sends them: they are part of the step's digest.
  const fetch = Op.encode(messageOf(Op, { source, constraints: { filter: [] } })).finish();
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", fetch.slice()));
  const digest = `sha256:${sum.toHex()}`;
  const last = Op.encode(messageOf(Op, { inputs: [{ digest, index: 0n }] })).finish();
  return {
    def: [fetch, last],
    metadata: {
      [digest]: {
        ignoreCache: false,
        description: { "llb.customname": name },
        caps: Object.fromEntries(capabilities.map((capability) => [capability, true])),
        progressGroup: undefined,
      },
    },
    Source: undefined,
  };
}
