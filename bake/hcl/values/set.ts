/** Sets: their elements' order, and fast search among values. */
import { quote } from "../../../base/go/quote.ts";
import type { BigFloat } from "./big_float.ts";
import type { Budget } from "../../budget.ts";
import { compareText } from "./text.ts";
import type { Type } from "./type.ts";
import { elementsOf, entriesOf, equalValues, ofSet, type Value } from "./value.ts";

/** A set of values of one type, which may come in any order and several times. */
export function setOf(element: Type, values: readonly Value[]): Value {
  const keyed = values.map((value) => ({ value, key: orderKey(value) }));
  const sorted = keyed.sort(compare).map(({ value }) => value);
  return ofSet(
    element,
    sorted.filter((value, i) => i === 0 || !equalValues(value, sorted[i - 1]!)),
  );
}

interface Keyed {
  readonly value: Value;
  /** The text that orders values other than primitives. */
  readonly key: string;
}

/**
 * The order of go-cty, which shows in the output: primitives by their value, other values by a text
 * of all their parts, and null last.
 */
function compare({ value: a, key: aKey }: Keyed, { value: b, key: bKey }: Keyed): number {
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
      return compareText(aKey, bKey);
  }
}

function orderKey(value: Value): string {
  const isPrimitive = typeof value.content === "string" || value.type.kind === "number";
  return isPrimitive ? "" : keyOf(value);
}

/** A text of all parts of a value. Equal values have equal texts; the reverse does not hold. */
function keyOf(value: Value): string {
  if (value.content === null) return "~";
  switch (value.type.kind) {
    case "number":
      return (value.content as BigFloat).text("g", 10);
    case "bool":
      return value.content ? "T" : "F";
    case "string":
      return quote(value.content as string);
    case "map":
      return `{${
        entriesOf(value).map(([name, item]) => `${quote(name)}:${keyOf(item)};`).join("")
      }}`;
    case "object":
      return `<${entriesOf(value).map(([, item]) => `${keyOf(item)};`).join("")}>`;
    case "tuple":
      return `<${elementsOf(value).map((item) => `${keyOf(item)};`).join("")}>`;
    default:
      return `[${elementsOf(value).map((item) => `${keyOf(item)};`).join("")}]`;
  }
}

/** Values with a fast search for equal ones. */
export class Values {
  readonly #byKey = new Map<string, Value[]>();

  constructor(private readonly budget: Budget, values: readonly Value[] = []) {
    for (const value of values) this.add(value);
  }

  /** Adds a value. False if an equal value was already there. */
  add(value: Value): boolean {
    const key = keyOf(value);
    const alike = this.#byKey.get(key);
    if (alike === undefined) this.#byKey.set(key, [value]);
    else if (this.#isAmong(alike, value)) return false;
    else alike.push(value);
    return true;
  }

  has(value: Value): boolean {
    return this.#isAmong(this.#byKey.get(keyOf(value)) ?? [], value);
  }

  #isAmong(alike: readonly Value[], value: Value): boolean {
    return alike.some((other) => {
      this.budget.read(other);
      return equalValues(other, value);
    });
  }
}
