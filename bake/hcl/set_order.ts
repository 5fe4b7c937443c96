/** The order of a set's elements, which nobody chose and everybody can see in the output. */
import type { BigFloat } from "./big_float.ts";
import { compareText } from "./text.ts";
import { quote } from "../../base/go/quote.ts";
import { elementsOf, entriesOf, type Value } from "./value.ts";

/** Primitives by their value, anything else by a text of all its parts; null comes last. */
export function compareValues(a: Value, b: Value): number {
  if (a.content === null || b.content === null) {
    return Number(a.content === null) - Number(b.content === null);
  }
  switch (a.type.kind) {
    case "string":
      return compareText(a.content as string, b.content as string);
    case "bool":
      return Number(a.content) - Number(b.content);
    case "number":
      return (a.content as BigFloat).compare(b.content as BigFloat);
    default:
      return compareText(key(a), key(b));
  }
}

function key(value: Value): string {
  if (value.content === null) return "~";
  switch (value.type.kind) {
    case "number":
      return (value.content as BigFloat).text("g", 10);
    case "bool":
      return value.content ? "T" : "F";
    case "string":
      return quote(value.content as string);
    case "map":
      return `{${entriesOf(value).map(([name, of]) => `${quote(name)}:${key(of)};`).join("")}}`;
    case "object":
      return `<${entriesOf(value).map(([, of]) => `${key(of)};`).join("")}>`;
    case "tuple":
      return `<${elementsOf(value).map((of) => `${key(of)};`).join("")}>`;
    default:
      return `[${elementsOf(value).map((of) => `${key(of)};`).join("")}]`;
  }
}
