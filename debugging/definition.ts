/** The steps of a build, as the frontend defined them, with their places in the Dockerfile. */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { Definition } from "../proto/gen/pb.ts";
import { type Input, type Range, type SourceInfo } from "../proto/gen/pb_types.ts";
import { messageOf } from "../proto/message_of.ts";
import { Step as Op } from "../proto/gen/steps.ts";
import { sha256Of } from "../buildkit/registry/digest.ts";
import { joinBytes } from "../base/bytes.ts";

/** A range of lines in one of the definition's files. */
export interface SourceRange {
  /** The index of the file. */
  readonly file: number;
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
  /** The definition, encoded, with another result. */
  withResult(input: Input): Uint8Array;
}

const NAME = "llb.customname";
const COMMAND = "com.docker.dockerfile.v1.command";

/** Reads a definition. Throws an Error for one without steps. */
export async function readDefinition(bytes: Uint8Array): Promise<BuildDefinition> {
  const { def, metadata, Source } = Definition.decode(bytes);
  const steps = new Map<string, BuildStep>();
  const last = def.at(-1);
  const head = last && Op.decode(last).inputs[0];
  if (head === undefined) throw new Error("the build has no steps to look at");
  for (const encoded of def.slice(0, -1)) {
    const digest = await sha256Of(encoded);
    const description = metadata[digest]?.description ?? {};
    const places = (Source?.locations[digest]?.locations ?? []).flatMap(({ sourceIndex, ranges }) =>
      ranges.map((range) => ({ file: sourceIndex, range }))
    );
    const name = description[NAME] ?? description[COMMAND] ?? "";
    steps.set(digest, { digest, op: Op.decode(encoded), name, places });
  }
  return {
    steps,
    head,
    files: Source?.infos ?? [],
    withResult: (input) => replaceLast(bytes, input),
  };
}

/** Replaces the last operation, and keeps every other byte. */
function replaceLast(bytes: Uint8Array, input: Input): Uint8Array {
  const reader = new BinaryReader(bytes);
  let lastAt = [bytes.length, bytes.length];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, type] = reader.tag();
    reader.skip(type, field);
    if (field === 1 && type === WireType.LengthDelimited) lastAt = [start, reader.pos];
  }
  const op = Op.encode(messageOf(Op, { inputs: [input] })).finish();
  const added = Definition.encode(messageOf(Definition, { def: [op] })).finish();
  return joinBytes([bytes.subarray(0, lastAt[0]), bytes.subarray(lastAt[1]), added]);
}

/** The result of a step that is its changed root file system. */
export function rootOutput({ exec, file }: Op): bigint {
  const outputs = exec
    ? exec.mounts.filter(({ dest }) => dest === "/").map(({ output }) => output)
    : (file?.actions ?? []).map(({ output }) => output);
  return outputs.findLast((output) => output >= 0n) ?? 0n;
}
