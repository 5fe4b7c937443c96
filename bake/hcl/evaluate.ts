/**
 * Evaluates expressions. Only the first error is reported: later ones are often its consequences.
 */
import { access, index } from "./access.ts";
import { call } from "./call.ts";
import { conditional } from "./conditional.ts";
import { convert } from "./values/convert.ts";
import { Diagnostic, type Range, rangeText } from "./diagnostic.ts";
import { type Expression, keyword, type ObjectItem, type Scope as Name } from "./expression.ts";
import { forEach, splat } from "./iteration.ts";
import { LimitError } from "../budget.ts";
import { binary, unary } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { joinPieces, template } from "./template.ts";
import { didYouMean } from "./values/text.ts";
import { quote } from "../../base/go/quote.ts";
import { STRING } from "./values/type.ts";
import { objectOf, stringOf, tupleOf, type Value } from "./values/value.ts";

/** The value of a whole expression, such as that of an attribute. Throws a {@link Diagnostic}. */
export function valueOf(expression: Expression, scope: Scope): Value {
  return withinLimits(expression.range, () => evaluate(expression, scope));
}

/** Runs an evaluation, and throws a {@link Diagnostic} if it exceeds a limit. */
export function withinLimits<T>(range: Range, run: () => T): T {
  try {
    return run();
  } catch (error) {
    // The stack may be full. If this code needs more stack, it throws another RangeError, which the
    // caller catches.
    if (!(error instanceof LimitError) && !(error instanceof RangeError)) throw error;
    const reason = error instanceof LimitError ? error.message : "it nests too deeply";
    throw new Diagnostic("Out of bounds", `This can't be evaluated: ${reason}.`, range);
  }
}

/** The value of a part of an expression. Throws a {@link Diagnostic} or a `LimitError`. */
export function evaluate(expression: Expression, scope: Scope): Value {
  scope.world.budget.step();
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "scope":
      return access(lookUp(expression, scope), expression.steps);
    case "relative":
      return access(evaluate(expression.source, scope), expression.steps);
    case "call":
      return call(expression, scope);
    case "conditional":
      return conditional(expression, scope);
    case "index": {
      const source = evaluate(expression.source, scope);
      return index(source, evaluate(expression.key, scope), expression.bracket);
    }
    case "tuple":
      return tupleOf(expression.items.map((item) => evaluate(item, scope)));
    case "object":
      return object(expression.items, scope);
    case "for":
      return forEach(expression, scope);
    case "splat":
      return splat(expression, scope);
    case "each":
      return scope.find(expression.splat)!;
    case "binary":
      return binary(expression, scope);
    case "unary":
      return unary(expression, scope);
    case "template":
      return template(expression, scope);
    case "join":
      return joinPieces(expression, scope);
    case "wrap":
    case "parentheses":
      return evaluate(expression.inner, scope);
  }
}

/** The value, or the error in its place, for callers that may not need the value. */
export function attempt(expression: Expression, scope: Scope): Value | Diagnostic {
  try {
    return evaluate(expression, scope);
  } catch (error) {
    if (error instanceof Diagnostic) return error;
    throw error;
  }
}

function lookUp({ root, rootRange }: Name, scope: Scope): Value {
  const value = scope.find(root);
  if (value !== undefined) return value;
  throw new Diagnostic(
    "Unknown variable",
    `There is no variable named ${quote(root)}.${didYouMean(root, scope.allNames())}`,
    rootRange,
  );
}

function object(items: readonly ObjectItem[], scope: Scope): Value {
  const entries = new Map<string, Value>();
  const ranges = new Map<string, Range>();
  for (const item of items) {
    const key = keyOf(item, scope);
    const value = evaluate(item.value, scope);
    const name = item.unique ? jsonName(key, item.key) : objectName(key, item);
    if (item.unique && entries.has(name)) {
      throw new Diagnostic(
        "Duplicate object attribute",
        `An attribute named ${quote(name)} was already defined at ${rangeText(ranges.get(name)!)}.`,
        item.key.range,
      );
    }
    entries.set(name, value);
    ranges.set(name, item.key.range);
  }
  return objectOf(entries);
}

function objectName(key: Value, item: ObjectItem): string {
  if (key.content === null) {
    const detail = "Can't use a null value as a key.";
    throw new Diagnostic("Null value as key", detail, item.value.range);
  }
  const refuse = (why: string) =>
    new Diagnostic("Incorrect key type", `Can't use this value as a key: ${why}.`, item.key.range);
  return convert(key, STRING, refuse).content as string;
}

function jsonName(key: Value, { range }: Expression): string {
  const fail = (detail: string) => new Diagnostic("Invalid object key expression", detail, range);
  if (key.content === null) throw fail("Cannot use null value as an object key.");
  const refuse = (why: string) => fail(`Cannot use this expression as an object key: ${why}.`);
  return convert(key, STRING, refuse).content as string;
}

/** The value of a key. A bare name stands for its own text. */
function keyOf({ key, computed }: ObjectItem, scope: Scope): Value {
  if (computed) return evaluate(key, scope);
  if (key.kind === "scope" && key.steps.length > 0) {
    throw new Diagnostic(
      "Ambiguous attribute key",
      "If this expression is intended to be a reference, wrap it in parentheses. If it's instead " +
        "intended as a literal name containing periods, wrap it in quotes to create a string literal.",
      key.range,
    );
  }
  const name = keyword(key);
  return name === undefined ? evaluate(key, scope) : stringOf(name);
}
