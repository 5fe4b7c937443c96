/** Writes values as JSON in one line, and reads them. */
import { goEscaped } from "../../../base/go/json.ts";
import { BigFloat } from "./big_float.ts";
import { type JsonNode, parseJson } from "../syntax/json_parser.ts";
import type { Type } from "./type.ts";
import {
  boolOf,
  elementsOf,
  entriesOf,
  NULL,
  numberOf,
  objectOf,
  stringOf,
  tupleOf,
  type Value,
} from "./value.ts";

/** JSON with sorted keys, all digits of numbers, and Go's escapes. Throws an Error for infinity. */
export function toJson(value: Value): string {
  const { content, type } = value;
  if (content === null) return "null";
  if (content instanceof BigFloat) {
    if (content.infinite) throw new Error("cannot serialize infinity as JSON");
    return content.text("f");
  }
  if (typeof content === "string") return jsonString(content);
  if (typeof content === "boolean") return String(content);
  if (type.kind === "map" || type.kind === "object") {
    const members = entriesOf(value).map(([name, item]) => `${jsonString(name)}:${toJson(item)}`);
    return `{${members.join(",")}}`;
  }
  return `[${elementsOf(value).map(toJson).join(",")}]`;
}

/** A string as Go's encoder writes it. */
export function jsonString(text: string): string {
  return goEscaped(JSON.stringify(text));
}

/** Reads any JSON. Arrays become tuples. Throws an Error whose message is the reason. */
export function fromJson(text: string): Value {
  // The parser of files needs a root that is an object or an array. Its ranges are of no use here.
  const root = parseJson(`[${text}\n]`, "");
  if (root.kind !== "array" || root.items.length !== 1) throw new Error("a JSON value is required");
  return valueOfNode(root.items[0]!);
}

function valueOfNode(node: JsonNode): Value {
  switch (node.kind) {
    case "null":
      return NULL;
    case "bool":
      return boolOf(node.value);
    case "number":
      return numberOf(node.value);
    case "string":
      return stringOf(node.value);
    case "array":
      return tupleOf(node.items.map(valueOfNode));
    case "object":
      return objectOf(
        new Map(node.members.map(({ name, value }) => [
          name.normalize(),
          valueOfNode(value),
        ])),
      );
  }
}

/** The reason why a JSON value can't be read as a type; undefined if it can. */
export function jsonMisfit(value: Value, type: Type): string | undefined {
  if (value.content === null || type.kind === "dynamic") return undefined;
  const { kind } = value.type;
  switch (type.kind) {
    case "string":
      return kind === "object" || kind === "tuple" ? "string is required" : undefined;
    case "number":
      return kind === "number" || kind === "string" ? undefined : "number is required";
    case "bool":
      return kind === "bool" || kind === "string" ? undefined : "bool is required";
    case "map":
    case "object":
      return kind === "object" ? undefined : "missing expected {";
    default:
      return kind === "tuple" ? undefined : "missing expected [";
  }
}
