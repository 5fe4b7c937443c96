/** The steps of a build, as the frontend defined them, with their places in the Dockerfile. */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { Definition } from "../proto/gen/pb.ts";
import { type Input, type Range, type SourceInfo } from "../proto/gen/pb_types.ts";
import { messageOf } from "../proto/message_of.ts";
import { Step as Op } from "../proto/gen/steps.ts";
import { sha256Of } from "../buildkit/registry/digest.ts";
import { joinBytes } from "../base/bytes.ts";

/** An instruction in one of the definition's files. */
export interface SourceRange {
  /** The index of the file. */
  readonly file: number;
  /** From its first line to its last one. */
  readonly range: Range;
}

/** One step of a build. */
export interface BuildStep {
  /** The name by which other steps refer to it. */
  readonly digest: string;
  readonly op: Op;
  /** As the progress shows it: `[build 2/5] RUN make`; the command or empty without one. */
  readonly name: string;
  /** In the order that the frontend gave. */
  readonly places: readonly SourceRange[];
}

/** A build as its frontend defined it. */
export interface BuildDefinition {
  /** By digest. A step comes after those whose results it takes. */
  readonly steps: ReadonlyMap<string, BuildStep>;
  /** The step whose result is the build's, and which of its results. */
  readonly head: Input;
  /** The Dockerfile, as a rule alone. */
  readonly files: readonly SourceInfo[];
  /** The definition of another result, encoded. */
  withResult(input: Input): Uint8Array;
}

const NAME = "llb.customname";
const COMMAND = "com.docker.dockerfile.v1.command";

/** Reads a definition. Throws an Error for one without steps. */
export async function readDefinition(bytes: Uint8Array): Promise<BuildDefinition> {
  const { def, metadata, Source } = Definition.decode(bytes);
  const steps = new Map<string, BuildStep>();
  // Other threads compute the digests meanwhile.
  const computed = Promise.all(def.slice(0, -1).map(sha256Of));
  const ops = def.map((bytes) => Op.decode(bytes));
  const head = ops.at(-1)?.inputs[0];
  const digests = await computed;
  if (head === undefined) throw new Error("the build has no steps to look at");
  for (const [at, digest] of digests.entries()) {
    const description = metadata[digest]?.description ?? {};
    // A location is an instruction, and has a range for each of its lines.
    const locations = Source?.locations[digest]?.locations ?? [];
    const places = locations.filter(({ ranges }) => ranges.length > 0)
      .map(({ sourceIndex, ranges }) => ({
        file: sourceIndex,
        range: { start: ranges[0]!.start, end: ranges.at(-1)!.end },
      }));
    const name = description[NAME] ?? description[COMMAND] ?? "";
    steps.set(digest, { digest, op: ops[at]!, name, places });
  }
  return {
    steps,
    head,
    files: Source?.infos ?? [],
    withResult: (input) => onlyFor(input, bytes, { steps, digests }),
  };
}

/** Keeps the operations that a result needs, in their order, and every other field as it is. */
function onlyFor(
  input: Input,
  bytes: Uint8Array,
  { steps, digests }: Pick<BuildDefinition, "steps"> & { readonly digests: readonly string[] },
): Uint8Array {
  const needed = new Set([input.digest]);
  for (const digest of needed) {
    steps.get(digest)?.op.inputs.forEach((input) => needed.add(input.digest));
  }
  const parts: Uint8Array[] = [];
  const reader = new BinaryReader(bytes);
  for (let at = 0; reader.pos < reader.len;) {
    const start = reader.pos;
    const [field, type] = reader.tag();
    reader.skip(type, field);
    const isOperation = field === 1 && type === WireType.LengthDelimited;
    // The last operation, which names the result, has no digest here.
    if (!isOperation || needed.has(digests[at++] ?? "")) {
      parts.push(bytes.subarray(start, reader.pos));
    }
  }
  const op = Op.encode(messageOf(Op, { inputs: [input] })).finish();
  parts.push(Definition.encode(messageOf(Definition, { def: [op] })).finish());
  return joinBytes(parts);
}

/** The result of a step that is its changed root file system. */
export function rootOutput({ exec, file }: Op): bigint {
  const outputs = exec
    ? exec.mounts.filter(({ dest }) => dest === "/").map(({ output }) => output)
    : (file?.actions ?? []).map(({ output }) => output);
  return outputs.findLast((output) => output >= 0n) ?? 0n;
}
