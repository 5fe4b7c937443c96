/** Templates: strings with values between pieces of text. */
import { checkLength } from "../budget.ts";
import { convert } from "./values/convert.ts";
import { Diagnostic } from "./diagnostic.ts";
import { evaluate } from "./evaluate.ts";
import type { Expression, Template } from "./expression.ts";
import type { Scope } from "./scope.ts";
import { STRING } from "./values/type.ts";
import { elementsOf, stringOf, type Value } from "./values/value.ts";

export function template({ parts }: Template, scope: Scope): Value {
  let text = "";
  for (const part of parts) {
    const value = evaluate(part, scope);
    if (value.content === null) {
      throw new Diagnostic(
        "Invalid template interpolation value",
        "The expression result is null. Cannot include a null value in a string template.",
        part.range,
      );
    }
    text += textOf(value, part, "Cannot include the given value in a string template");
    checkLength(text.length);
  }
  return scope.world.budget.made(stringOf(text));
}

/** Joins the pieces that a `%{ for }` makes. */
export function joinPieces(
  expression: Extract<Expression, { kind: "join" }>,
  scope: Scope,
): Value {
  let text = "";
  for (const value of elementsOf(evaluate(expression.tuple, scope))) {
    text += textOf(
      value,
      expression,
      "Cannot include one of the interpolation results into the string template",
    );
    checkLength(text.length);
  }
  return scope.world.budget.made(stringOf(text));
}

function textOf(value: Value, { range }: Expression, failure: string): string {
  const refuse = (why: string) =>
    new Diagnostic("Invalid template interpolation value", `${failure}: ${why}.`, range);
  return convert(value, STRING, refuse).content as string;
}
