/** Reads files as one definition: compose files first, then HCL and JSON on top of them. */
import { excerpt } from "../../base/excerpt.ts";
import { BakeError } from "../error.ts";
import type { Body } from "../hcl/body.ts";
import { parseBody } from "../hcl/syntax/body_parser.ts";
import { Diagnostic } from "../hcl/diagnostic.ts";
import { jsonBody } from "../hcl/json_body.ts";
import { parseJson } from "../hcl/syntax/json_parser.ts";
import { functionNames, loadFunctions } from "../hcl/library.ts";
import { World } from "../hcl/scope.ts";
import type { Definition, DefinitionFile, ReadOptions } from "../options.ts";
import type { Group, Target } from "../target.ts";
import { baseOfBlock, baseOfFile, folderOfFile, rebase } from "./base.ts";
import type { Blocks } from "./blocks.ts";
import { readDeclarations } from "./declarations.ts";
import { Evaluation } from "./evaluation.ts";
import { merge } from "./merge.ts";
import { warnOfUnknownKeys } from "./unknown_keys.ts";

interface Source {
  readonly name: string;
  readonly text: string;
  readonly body: Body;
}

/** Throws a {@link BakeError}, with an excerpt of the file where the mistake has a position. */
export async function readDefinition(
  files: readonly DefinitionFile[],
  options: ReadOptions,
): Promise<Definition> {
  const compose: DefinitionFile[] = [];
  const sources: Source[] = [];
  for (const file of files) {
    const refusal = await composeRefusal(file, options);
    if (refusal === undefined) compose.push(file);
    else sources.push(parseSource(file, refusal));
  }
  const below = compose.length === 0
    ? { targets: [], groups: [] }
    : await readCompose(compose, options);
  const definition = await evaluate(sources, below, options);
  if (!options.fileRelativePaths) return definition;
  return { ...definition, targets: rebase(definition.targets, options.isRemote) };
}

/** The reason why a file is no compose file, empty for `.hcl` and `.json`; undefined otherwise. */
async function composeRefusal(
  file: DefinitionFile,
  { compose }: ReadOptions,
): Promise<string | undefined> {
  const lower = file.name.toLowerCase();
  if (/\.(?:json|hcl)$/.test(lower)) return "";
  const reason = await compose.refuse(file);
  if (reason === undefined) return undefined;
  if (/\.ya?ml$/.test(lower)) throw new BakeError(reason);
  return reason;
}

async function readCompose(files: readonly DefinitionFile[], options: ReadOptions): Promise<Parts> {
  const { targets, groups } = await options.compose.read(files);
  if (!options.fileRelativePaths) return { targets, groups };
  const folder = folderOfFile(files[0]!.name, options.isRemote);
  return {
    groups,
    targets: targets.map((target) => ({ ...target, base: baseOfFile(folder, target) })),
  };
}

/** A name without a known ending may be HCL or JSON. The errors are those of HCL. */
function parseSource({ name, data }: DefinitionFile, refusal: string): Source {
  if (name.endsWith(".json")) return parsed(name, data, parseAsJson);
  if (name.endsWith(".hcl")) return parsed(name, data, parseBody);
  try {
    return parsed(`${name}.hcl`, data, parseBody);
  } catch (error) {
    try {
      return parsed(`${name}.json`, data, parseAsJson);
    } catch {
      if (!(error instanceof BakeError) || refusal === "") throw error;
      throw new BakeError(
        `failed to parse ${name}: parsing yaml: ${refusal}, parsing hcl: ${error.message}`,
        { cause: error },
      );
    }
  }
}

function parsed(
  name: string,
  data: Uint8Array<ArrayBuffer>,
  parse: (text: string, name: string, broken: boolean) => Body,
): Source {
  const { text, broken } = decode(data);
  try {
    return { name, text, body: parse(text, name, broken) };
  } catch (error) {
    if (error instanceof Diagnostic) throw withExcerpt(error, text);
    throw error;
  }
}

function decode(data: Uint8Array<ArrayBuffer>): { text: string; broken: boolean } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    return { text, broken: false };
  } catch {
    return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(data), broken: true };
  }
}

function parseAsJson(text: string, name: string): Body {
  return jsonBody(parseJson(text, name));
}

/** The error with the lines of the file. @param text the file's text; undefined if unknown */
function withExcerpt(error: Diagnostic, text: string | undefined): BakeError {
  const { subject } = error;
  if (subject === undefined) return new BakeError(error.message, { cause: error });
  const { file, start: { line: first }, end: { line: last } } = subject;
  const isMarked = (line: number) => first <= line && line <= last;
  const above = excerpt({ file, first, last, isMarked }, (text ?? "").split("\n"));
  return new BakeError(error.message, { above, cause: error });
}

type Parts = { readonly targets: Target[]; readonly groups: Group[] };

async function evaluate(
  sources: readonly Source[],
  below: Parts,
  options: ReadOptions,
): Promise<Definition> {
  const { lookup, builtins, home } = options;
  if (sources.length === 0) return { ...below, variables: [] };
  const functions = await loadFunctions(sources.map(({ text }) => text));
  try {
    const reserved = new Set(["target", "group", ...builtins.keys()]);
    const bodies = sources.map(({ body }) => body);
    const declarations = readDeclarations(bodies, reserved);
    const evaluation = new Evaluation(
      declarations,
      { lookup, builtins, library: new Set(functionNames) },
      new World(functions, home, functionNames),
    );
    evaluation.run();
    if (options.warn) warnOfUnknownKeys(bodies, declarations, options.warn);
    return {
      ...assemble(below, evaluation.blocks, options),
      variables: evaluation.variables(),
    };
  } catch (error) {
    if (!(error instanceof Diagnostic)) throw error;
    throw withExcerpt(error, sources.find(({ name }) => name === error.subject?.file)?.text);
  }
}

/** Merges targets of one name. The last group of a name counts, and a matrix's label is a group. */
function assemble(
  below: Parts,
  blocks: Blocks,
  { fileRelativePaths, isRemote }: ReadOptions,
): Parts {
  const targets = new Map(below.targets.map((target) => [target.name, target]));
  const groups = new Map(below.groups.map((group) => [group.name, group]));
  for (const { block, name, fields } of blocks.instances()) {
    if (block.type === "group") {
      groups.set(name, { name, targets: null, ...Object.fromEntries(fields) } as Group);
      continue;
    }
    const above = { name, ...Object.fromEntries(fields) } as Target;
    if (fileRelativePaths) above.base = baseOfBlock(block, above, isRemote);
    const under = targets.get(name);
    targets.set(name, under === undefined ? above : merge(under, above));
  }
  const labels = [...blocks.renamed].map(([name, targets]): Group => ({
    name,
    targets: [...targets],
  }));
  return {
    targets: [...targets.values()],
    groups: [...groups.values(), ...labels].map((group) => ({
      ...group,
      targets: group.targets && [...new Set(group.targets)],
    })),
  };
}
