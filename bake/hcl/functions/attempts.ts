/** Functions that take expressions instead of values: `try`, `can` and `convert`. */
import { convert as toType } from "../values/convert.ts";
import { Diagnostic, rangeText } from "../diagnostic.ts";
import { attempt, evaluate } from "../evaluate.ts";
import type { Expression } from "../expression.ts";
import { ArgumentError, FunctionError, type LazyFunc, type Parameter } from "../function.ts";
import type { Scope } from "../scope.ts";
import { DYNAMIC, withoutOptional } from "../values/type.ts";
import { typeOfExpression } from "../values/type_expression.ts";
import { boolOf, type Value } from "../values/value.ts";

function param(name: string): Parameter {
  return { name, type: DYNAMIC, allowNull: true };
}

/** The value of the first expression that has one. */
function tryEach(args: readonly Expression[], scope: Scope): Value {
  if (args.length === 0) throw new FunctionError("at least one argument is required");
  let failures = "";
  for (const arg of args) {
    const found = attempt(arg, scope);
    if (!(found instanceof Diagnostic)) return found;
    const { summary, detail, subject } = found;
    const place = subject === undefined ? "" : ` (at ${rangeText(subject)})`;
    failures += `- ${summary}${place}\n  ${detail}\n`;
  }
  throw new FunctionError(
    `no expression succeeded:\n${failures}\nAt least one expression must produce a successful result`,
  );
}

function convert([expression, type]: readonly Expression[], scope: Scope): Value {
  const want = withoutOptional(typeOfExpression(type!));
  const value = evaluate(expression!, scope);
  scope.world.budget.converted(value);
  return toType(value, want, (why) => new ArgumentError(0, why));
}

export const functions: Record<string, LazyFunc> = {
  try: { params: [], rest: param("expressions"), lazy: tryEach },
  can: {
    params: [param("expression")],
    lazy: ([arg], scope) => boolOf(!(attempt(arg!, scope) instanceof Diagnostic)),
  },
  convert: { params: [param("value"), param("type")], lazy: convert },
};
