/** The LLB of a download: one HTTP source, as `llb.HTTP` of BuildKit's client writes it. */
import { sha256Of } from "../buildkit/registry/digest.ts";
import { Definition, Op } from "../proto/gen/pb.ts";
import { messageOf } from "../proto/message_of.ts";

/** An encoded definition whose result is a folder with the file `name`. */
export async function httpDefinition(
  url: string,
  { name, accept, title }: {
    readonly name: string;
    /** The header Accept. */
    readonly accept?: string | undefined;
    /** The step's name in the progress. */
    readonly title: string;
  },
): Promise<Uint8Array> {
  const source = messageOf(Op, {
    source: {
      identifier: url,
      attrs: { "http.filename": name, ...accept !== undefined && { "http.header.accept": accept } },
    },
  });
  const fetched = Op.encode(source).finish();
  const digest = await sha256Of(fetched);
  const result = Op.encode(messageOf(Op, { inputs: [{ digest, index: 0n }] })).finish();
  return Definition.encode(messageOf(Definition, {
    def: [fetched, result],
    metadata: {
      [digest]: {
        ignoreCache: false,
        description: { "llb.customname": title },
        caps: { "source.http": true, ...accept !== undefined && { "source.http.header": true } },
        progressGroup: undefined,
      },
    },
  })).finish();
}
