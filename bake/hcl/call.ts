/** Calls of functions: counts, evaluates and converts their arguments. */
import { convert } from "./values/convert.ts";
import { Diagnostic, type Range } from "./diagnostic.ts";
import { evaluate } from "./evaluate.ts";
import { type Call, type Expression, startRange } from "./expression.ts";
import {
  ArgumentError,
  type Func,
  FunctionError,
  type LazyFunc,
  type Parameter,
} from "./function.ts";
import type { Scope } from "./scope.ts";
import { didYouMean } from "./values/text.ts";
import { quote } from "../../base/go/quote.ts";
import { isSequence } from "./values/type.ts";
import { elementsOf, type Value } from "./values/value.ts";

export function call(expression: Call, scope: Scope): Value {
  const { name } = expression;
  const func = scope.world.functions.get(name);
  if (func === undefined) throw unknown(expression, scope);
  const args = expression.expand ? expanded(expression, scope) : expression.args;
  checkCount(expression, func, args);
  try {
    if (func.lazy !== undefined) return func.lazy(args, scope);
    const values = args.map((arg, i) => argument(arg, func, i, scope));
    for (const [i, { content }] of values.entries()) {
      const param = func.params[i] ?? func.rest!;
      if (content === null && !param.allowNull) {
        throw new ArgumentError(i, "argument must not be null");
      }
    }
    return scope.world.budget.made(func.call(values, scope));
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    const param = error instanceof ArgumentError
      ? func.params[error.index] ?? func.rest
      : undefined;
    if (param === undefined) {
      const detail = `Call to function ${quote(name)} failed: ${error.message}.`;
      throw new Diagnostic("Error in function call", detail, startRange(expression));
    }
    const arg = args[(error as ArgumentError).index];
    const range = arg === undefined ? expression.range : startRange(arg);
    throw badArgument(param, error.message, range);
  }
}

function badArgument({ name }: Parameter, reason: string, range: Range): Diagnostic {
  const detail = `Invalid value for ${quote(name)} parameter: ${reason}.`;
  return new Diagnostic("Invalid function argument", detail, range);
}

function unknown({ name, nameRange }: Call, scope: Scope): Diagnostic {
  const namespace = /^.*::/.exec(name)?.[0];
  const detail = namespace === undefined
    ? `There is no function named ${quote(name)}.${
      didYouMean(name, [...scope.world.known, ...scope.world.functions.keys()])
    }`
    : `There are no functions in namespace ${quote(namespace)}.`;
  return new Diagnostic("Call to unknown function", detail, nameRange);
}

/** The arguments of `f(a, list...)`: the elements of the last one become arguments. */
function expanded({ args }: Call, scope: Scope): Expression[] {
  const last = args.at(-1)!;
  const value = evaluate(last, scope);
  const fail = (detail: string) =>
    new Diagnostic("Invalid expanding argument value", detail, last.range);
  if (value.type.kind !== "dynamic" && !isSequence(value.type)) {
    const what = "must be of a tuple, list, or set type.";
    throw fail(`The expanding argument (indicated by ...) ${what}`);
  }
  if (value.content === null) {
    throw fail("The expanding argument (indicated by ...) must not be null.");
  }
  scope.world.budget.step(elementsOf(value).length);
  const further = elementsOf(value).map((element): Expression => ({
    kind: "literal",
    value: element,
    range: last.range,
  }));
  return [...args.slice(0, -1), ...further];
}

function checkCount(
  { name, close }: Call,
  { params, rest }: Func | LazyFunc,
  args: readonly Expression[],
): void {
  if (args.length < params.length) {
    const least = rest === undefined ? "" : " at least";
    throw new Diagnostic(
      "Not enough function arguments",
      `Function ${quote(name)} expects${least} ${params.length} argument(s). ` +
        `Missing value for ${quote(params[args.length]!.name)}.`,
      close,
    );
  }
  if (rest === undefined && args.length > params.length) {
    throw new Diagnostic(
      "Too many function arguments",
      `Function ${quote(name)} expects only ${params.length} argument(s).`,
      startRange(args[params.length]!),
    );
  }
}

function argument(arg: Expression, { params, rest }: Func, i: number, scope: Scope): Value {
  const param = params[i] ?? rest!;
  const value = evaluate(arg, scope);
  const converted = convert(
    value,
    param.type,
    (reason) => badArgument(param, reason, startRange(arg)),
  );
  if (converted === value) scope.world.budget.read(value);
  else scope.world.budget.converted(value);
  return converted;
}
