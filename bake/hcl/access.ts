/** `value.name` and `value[key]`. */
import type { BigFloat } from "./values/big_float.ts";
import { convert } from "./values/convert.ts";
import { Diagnostic, type Range } from "./diagnostic.ts";
import type { Step } from "./expression.ts";
import { quote } from "../../base/go/quote.ts";
import { isPrimitive, NUMBER, STRING, type Type, typeName } from "./values/type.ts";
import { elementsOf, type Value } from "./values/value.ts";

export function access(value: Value, steps: readonly Step[]): Value {
  for (const step of steps) {
    value = step.attribute === undefined
      ? index(value, step.key, step.range)
      : attribute(value, step.attribute, step.range);
  }
  return value;
}

function attribute(value: Value, name: string, range: Range): Value {
  if (value.content === null) {
    throw new Diagnostic(
      "Attempt to get attribute from null value",
      "This value is null, so it does not have any attributes.",
      range,
    );
  }
  const { type } = value;
  if (type.kind === "object" || type.kind === "map") {
    const found = (value.content as ReadonlyMap<string, Value>).get(name);
    if (found !== undefined) return found;
    throw type.kind === "map"
      ? new Diagnostic(
        "Missing map element",
        `This map does not have an element with the key ${quote(name)}.`,
        range,
      )
      : unsupported(`This object does not have an attribute named ${quote(name)}.`, range);
  }
  throw unsupported(whyNoAttributes(type, name), range);
}

function unsupported(detail: string, range: Range): Diagnostic {
  return new Diagnostic("Unsupported attribute", detail, range);
}

function whyNoAttributes(type: Type, name: string): string {
  if (isPrimitive(type)) {
    return `Can't access attributes on a primitive-typed value (${typeName(type)}).`;
  }
  if ((type.kind !== "list" && type.kind !== "set") || type.element.kind !== "object") {
    return "This value does not have any attributes.";
  }
  if (type.kind === "set") {
    return "Can't access attributes on a set of objects. Did you mean to access an attribute across " +
      "all elements of the set?";
  }
  const what = type.element.attributes.has(name) ? `attribute ${quote(name)}` : "an attribute";
  return `Can't access attributes on a list of objects. Did you mean to access ${what} for a ` +
    "specific element of the list, or across all elements of the list?";
}

const notThere = "The given key does not identify an element in this collection value";

export function index(value: Value, key: Value, range: Range): Value {
  if (value.content === null) {
    throw new Diagnostic(
      "Attempt to index null value",
      "This value is null, so it does not have any indices.",
      range,
    );
  }
  if (key.content === null) throw badIndex("Can't use a null value as an indexing key.", range);
  switch (value.type.kind) {
    case "list":
    case "tuple":
      return element(elementsOf(value), converted(key, NUMBER, range).content as BigFloat, range);
    case "map":
    case "object": {
      const name = converted(key, STRING, range).content as string;
      const found = (value.content as ReadonlyMap<string, Value>).get(name);
      if (found !== undefined) return found;
      const number = value.type.kind === "object" && key.type.kind === "number";
      const hint = " An object only supports looking up attributes by name, not by numeric index.";
      throw badIndex(`${notThere}.${number ? hint : ""}`, range);
    }
    case "set":
      throw badIndex(
        "Elements of a set are identified only by their value and don't have any separate index or " +
          "key to select with, so it's only possible to perform operations across all elements of " +
          "the set.",
        range,
      );
    default:
      throw badIndex("This value does not have any indices.", range);
  }
}

function element(elements: readonly Value[], at: BigFloat, range: Range): Value {
  const position = at.toInt64();
  const found = position === undefined ? undefined : elements[Number(position)];
  if (found !== undefined) return found;
  if (!at.isInteger) {
    const why =
      "indexing a sequence requires a whole number, but the given index has a fractional " +
      "part";
    throw badIndex(`${notThere}: ${why}.`, range);
  }
  if (at.negative) {
    throw badIndex(`${notThere}: a negative number is not a valid index for a sequence.`, range);
  }
  if (position !== BigInt(elements.length)) throw badIndex(`${notThere}.`, range);
  throw badIndex(
    elements.length === 0
      ? `${notThere}: the collection has no elements.`
      : `${notThere}: the given index is greater than or equal to the length of the collection.`,
    range,
  );
}

function converted(key: Value, type: Type, range: Range): Value {
  return convert(key, type, (why) => badIndex(`${notThere}: ${why}.`, range));
}

function badIndex(detail: string, range: Range): Diagnostic {
  return new Diagnostic("Invalid index", detail, range);
}
