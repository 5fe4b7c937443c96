/**
 * The declarations of a definition besides targets and groups: variables, functions and global
 * values.
 */
import type { Attribute, Block, Body, Schema } from "../hcl/body.ts";
import { Diagnostic, type Range } from "../hcl/diagnostic.ts";
import { valueOf } from "../hcl/evaluate.ts";
import { referencesOf } from "../hcl/references.ts";
import { Scope, World } from "../hcl/scope.ts";
import type { Value } from "../hcl/values/value.ts";

export interface VariableDeclaration {
  readonly name: string;
  readonly type: Attribute | undefined;
  readonly defaultValue: Attribute | undefined;
  readonly description: string;
  readonly validations: readonly Validation[];
  /** The range for errors that no expression causes. */
  readonly range: Range;
}

export interface Validation {
  readonly condition: Attribute | undefined;
  readonly message: Attribute | undefined;
  readonly range: Range;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly params: Attribute | undefined;
  readonly variadic: Attribute | undefined;
  readonly result: Attribute | undefined;
  readonly range: Range;
}

/** The last declaration of each name counts. */
export interface Declarations {
  readonly variables: Map<string, VariableDeclaration>;
  readonly functions: Map<string, FunctionDeclaration>;
  readonly globals: Map<string, Attribute>;
  /** Targets and groups, in their order. */
  readonly blocks: Block[];
}

const declared = new Map([["variable", ["name"]], ["function", ["name"]]]);
const main = new Map([["group", ["name"]], ["target", ["name"]]]);
const functionSchema = { attributes: ["params", "result", "variadic_params"] };
const validationSchema = { attributes: ["condition", "error_message"] };

/** Reads the heads of all declarations, of all files. Throws a {@link Diagnostic}. */
export function readDeclarations(
  bodies: readonly Body[],
  reserved: ReadonlySet<string>,
): Declarations {
  const found: Declarations = {
    variables: new Map(),
    functions: new Map(),
    globals: new Map(),
    blocks: [],
  };
  for (const body of bodies) {
    for (const block of body.content({ blocks: declared }).blocks) {
      const [name] = block.labels;
      if (block.type === "variable") put(found.variables, name!, readVariable(block), reserved);
      else put(found.functions, name!, readFunction(block), reserved);
    }
  }
  for (const body of bodies) {
    for (const block of body.content({ blocks: main }).blocks) found.blocks.push(block);
  }
  const taken = new Set([...declared.keys(), ...main.keys()]);
  for (const body of bodies) {
    for (const [name, attribute] of body.attributesBut(taken)) {
      put(found.globals, name, attribute, reserved);
    }
  }
  return found;
}

function put<T>(map: Map<string, T>, name: string, item: T, reserved: ReadonlySet<string>): void {
  if (!reserved.has(name)) map.set(name, item);
}

function readVariable({ labels, body }: Block): VariableDeclaration {
  const { attributes, blocks } = body.content({
    attributes: ["type", "default", "description"],
    blocks: new Map([["validation", []]]),
  });
  const description = attributes.get("description");
  return {
    name: labels[0]!,
    type: attributes.get("type"),
    defaultValue: attributes.get("default"),
    description: description === undefined ? "" : constantText(description),
    validations: blocks.map((block) => {
      refuseOthers(block.body, validationSchema);
      const { attributes } = block.body.content(validationSchema);
      return {
        condition: attributes.get("condition"),
        message: attributes.get("error_message"),
        range: block.body.missingRange,
      };
    }),
    range: body.missingRange,
  };
}

/** These expressions are read before any name exists. */
function constantText({ expression }: Attribute): string {
  const [name] = referencesOf(expression).names;
  if (name !== undefined) {
    const detail = "Variables may not be used here.";
    throw new Diagnostic("Variables not allowed", detail, name.rootRange);
  }
  const nothing = new Scope(new World(new Map(), () => "", []), new Map());
  const { content }: Value = valueOf(expression, nothing);
  return content === null ? "" : String(content);
}

function refuseOthers(body: Body, schema: Schema): void {
  const [first] = body.others(schema);
  if (first !== undefined) throw first;
}

function readFunction({ labels, labelRanges, body }: Block): FunctionDeclaration {
  refuseOthers(body, functionSchema);
  const { attributes } = body.content(functionSchema);
  const params = attributes.get("params");
  return {
    name: labels[0]!,
    params,
    variadic: attributes.get("variadic_params"),
    result: attributes.get("result"),
    range: params?.range ?? labelRanges[0]!,
  };
}
