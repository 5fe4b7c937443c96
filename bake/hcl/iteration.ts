/** Evaluates `for` and the splats: an expression for each element of a collection. */
import { convert } from "./values/convert.ts";
import { Diagnostic, type Range } from "./diagnostic.ts";
import { evaluate } from "./evaluate.ts";
import type { Expression, For, Splat } from "./expression.ts";
import type { Scope } from "./scope.ts";
import { quote } from "../../base/go/quote.ts";
import { BOOL, DYNAMIC, isSequence, sameType, STRING, type Type, typeName } from "./values/type.ts";
import { elementsOf, iterate, listOf, objectOf, tupleOf, type Value } from "./values/value.ts";

export function forEach(expression: For, scope: Scope): Value {
  const values: Value[] = [];
  const entries = new Map<string, Value>();
  const groups = new Map<string, Value[]>();
  for (const [key, element] of source(expression, scope)) {
    const names = new Map([[expression.valueName, element]]);
    if (expression.keyName !== undefined) names.set(expression.keyName, key);
    if (expression.keyName === expression.valueName) names.set(expression.valueName, element);
    const inner = scope.child(names);
    if (expression.condition !== undefined && !included(expression.condition, inner)) continue;
    if (expression.key === undefined) {
      values.push(evaluate(expression.value, inner));
      continue;
    }
    const name = objectKey(expression.key, inner);
    const value = evaluate(expression.value, inner);
    if (expression.group) {
      const group = groups.get(name) ?? [];
      group.push(value);
      groups.set(name, group);
    } else if (entries.has(name)) throw duplicate(name, expression.key.range);
    else entries.set(name, value);
  }
  if (expression.key === undefined) return tupleOf(values);
  for (const [name, group] of groups) entries.set(name, tupleOf(group));
  return objectOf(entries);
}

function source({ source }: For, scope: Scope): [Value, Value][] {
  const value = evaluate(source, scope);
  if (value.content === null) {
    throw new Diagnostic(
      "Iteration over null value",
      "A null value cannot be used as the collection in a 'for' expression.",
      source.range,
    );
  }
  const pairs = iterate(value);
  if (pairs !== undefined) return pairs;
  throw new Diagnostic(
    "Iteration over non-iterable value",
    `A value of type ${typeName(value.type)} cannot be used as the collection in a 'for' ` +
      "expression.",
    source.range,
  );
}

function included(condition: Expression, scope: Scope): boolean {
  const fail = (detail: string) =>
    new Diagnostic("Invalid 'for' condition", detail, condition.range);
  const value = evaluate(condition, scope);
  if (value.content === null) throw fail("The value of the 'if' clause must not be null.");
  const refuse = (why: string) => fail(`The 'if' clause value is invalid: ${why}.`);
  return convert(value, BOOL, refuse).content === true;
}

function objectKey(key: Expression, scope: Scope): string {
  const fail = (detail: string) => new Diagnostic("Invalid object key", detail, key.range);
  const value = evaluate(key, scope);
  if (value.content === null) {
    throw fail("Key expression in 'for' expression must not produce a null value.");
  }
  const refuse = (why: string) => fail(`The key expression produced an invalid result: ${why}.`);
  return convert(value, STRING, refuse).content as string;
}

function duplicate(name: string, range: Range): Diagnostic {
  return new Diagnostic(
    "Duplicate object key",
    `Two different items produced the key ${quote(name)} in this 'for' expression. If duplicates ` +
      "are expected, use the ellipsis (...) after the value expression to enable grouping by key.",
    range,
  );
}

/** Evaluates a splat. A value that is no list counts as a list of it, and null as an empty list. */
export function splat(expression: Splat, scope: Scope): Value {
  const value = evaluate(expression.source, scope);
  const sequence = isSequence(value.type);
  if (value.content === null) {
    if (!sequence) return tupleOf([]);
    throw new Diagnostic(
      "Splat of null value",
      "Splat expressions (with the * symbol) cannot be applied to null sequences.",
      expression.source.range,
    );
  }
  const elements = sequence ? elementsOf(value) : [value];
  const results = elements.map((element) =>
    evaluate(expression.body, scope.child(new Map([[expression.id, element]])))
  );
  if (value.type.kind !== "list" && value.type.kind !== "set") return tupleOf(results);
  const type: Type = results[0]?.type ?? DYNAMIC;
  if (results.every((result) => sameType(result.type, type))) return listOf(type, results);
  throw new Diagnostic(
    "Invalid nested splat expressions",
    "The second level of splat expression produced elements of different types, so it isn't " +
      "possible to construct a valid list to represent the top-level result.\n\nConsider using a " +
      "for expression instead, to produce a tuple-typed result which can therefore have " +
      "non-homogenous element types.",
    expression.body.range,
  );
}
