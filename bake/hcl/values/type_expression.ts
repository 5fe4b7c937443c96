/** Expressions that are types: `string`, `list(number)`, `object({a = optional(any)})`. */
import { between, Diagnostic, type Range } from "../diagnostic.ts";
import { type Call, type Expression, keyword } from "../expression.ts";
import { quote } from "../../../base/go/quote.ts";
import { BOOL, DYNAMIC, list, map, NUMBER, object, set, STRING, tuple, type Type } from "./type.ts";

const primitives: Partial<Record<string, Type>> = Object.assign(Object.create(null), {
  bool: BOOL,
  string: STRING,
  number: NUMBER,
  any: DYNAMIC,
});

/** Throws a {@link Diagnostic}. */
export function typeOfExpression(expression: Expression): Type {
  const word = keyword(expression);
  if (word !== undefined) {
    const type = primitives[word];
    if (type !== undefined) return type;
    throw invalid(
      needs(word) ?? `The keyword ${quote(word)} is not a valid type specification.`,
      expression.range,
    );
  }
  if (expression.kind !== "call") {
    throw invalid(
      "A type specification is either a primitive type keyword (bool, number, string) or a complex " +
        "type constructor call, like list(string).",
      expression.range,
    );
  }
  return constructed(expression);
}

function invalid(detail: string, range: Range): Diagnostic {
  return new Diagnostic("Invalid type specification", detail, range);
}

/** The error of a type constructor without its one argument; undefined for other names. */
function needs(name: string): string | undefined {
  switch (name) {
    case "list":
    case "map":
    case "set":
      return `The ${name} type constructor requires one argument specifying the element type.`;
    case "object":
      return "The object type constructor requires one argument specifying the attribute types and " +
        "values as a map.";
    case "tuple":
      return "The tuple type constructor requires one argument specifying the element types as a " +
        "list.";
    default:
      return undefined;
  }
}

function constructed(call: Call): Type {
  const { name, args, range } = call;
  const argsRange = between(call.open, call.close);
  if (primitives[name] !== undefined) {
    const what = name === "any" ? "Type constraint keyword" : "Primitive type keyword";
    throw invalid(`${what} ${quote(name)} does not expect arguments.`, argsRange);
  }
  const [only] = args;
  if (args.length !== 1 || only === undefined) {
    const why = needs(name);
    const subject = args.length > 1 ? between(args[1]!.range, args.at(-1)!.range) : argsRange;
    if (why !== undefined) throw invalid(why, subject);
  }
  switch (name) {
    case "list":
      return list(typeOfExpression(only!));
    case "set":
      return set(typeOfExpression(only!));
    case "map":
      return map(typeOfExpression(only!));
    case "object":
      return objectType(only!);
    case "tuple":
      if (only!.kind === "tuple") return tuple(only!.items.map(typeOfExpression));
      throw invalid("Tuple type constructor requires a list of element types.", only!.range);
    case "optional":
      throw invalid(
        `Keyword ${quote(name)} is valid only as a modifier for object type attributes.`,
        call.nameRange,
      );
    default:
      throw invalid(`Keyword ${quote(name)} is not a valid type constructor.`, range);
  }
}

function objectType(expression: Expression): Type {
  if (expression.kind !== "object") {
    throw invalid(
      "Object type constructor requires a map whose keys are attribute names and whose values are " +
        "the corresponding attribute types.",
      expression.range,
    );
  }
  const attributes = new Map<string, Type>();
  const optional = new Set<string>();
  for (const { key, value } of expression.items) {
    const name = keyword(key);
    if (name === undefined) {
      throw invalid("Object constructor map keys must be attribute names.", key.range);
    }
    if (attributes.has(name)) {
      throw invalid("Object constructor map keys must be unique.", key.range);
    }
    const modifier = value.kind === "call" && value.name === "optional" ? value : undefined;
    if (modifier !== undefined) optional.add(name);
    attributes.set(name, typeOfExpression(modifier === undefined ? value : modified(modifier)));
  }
  return object(attributes, optional);
}

/** The type in `optional(TYPE)`. */
function modified(call: Call): Expression {
  const [type, ...more] = call.args;
  const range = between(call.open, call.close);
  if (type === undefined) {
    const detail = "Optional attribute modifier requires the attribute type as its argument.";
    throw invalid(detail, range);
  }
  if (more.length > 0) {
    const detail = "Optional attribute modifier expects only one argument: the attribute type.";
    throw invalid(detail, range);
  }
  return type;
}
