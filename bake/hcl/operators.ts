/** Evaluates operators. The library has them as functions with names, too. */
import type { BigFloat } from "./values/big_float.ts";
import { convert } from "./values/convert.ts";
import { Diagnostic } from "./diagnostic.ts";
import { attempt, evaluate } from "./evaluate.ts";
import type { Binary, BinaryOperator, Expression } from "./expression.ts";
import { FunctionError } from "./function.ts";
import type { Scope } from "./scope.ts";
import { BOOL, NUMBER, type Type } from "./values/type.ts";
import { boolOf, equalValues, FALSE, numberOf, TRUE, type Value } from "./values/value.ts";

/**
 * Takes operands of the operator's type, which are null only for `==` and `!=`. Throws
 * {@link FunctionError} if there is no result.
 */
type Operation = (left: Value, right: Value) => Value;

export const operations: Record<BinaryOperator, Operation> = {
  "||": (a, b) => boolOf(a.content === true || b.content === true),
  "&&": (a, b) => boolOf(a.content === true && b.content === true),
  "==": (a, b) => boolOf(equalValues(a, b)),
  "!=": (a, b) => boolOf(!equalValues(a, b)),
  "<": (a, b) => boolOf(number(a).compare(number(b)) < 0),
  "<=": (a, b) => boolOf(number(a).compare(number(b)) <= 0),
  ">": (a, b) => boolOf(number(a).compare(number(b)) > 0),
  ">=": (a, b) => boolOf(number(a).compare(number(b)) >= 0),
  "+": arithmetic((a, b) => a.add(b), "can't compute sum of opposing infinities"),
  "-": arithmetic((a, b) => a.subtract(b), "can't subtract infinity from itself"),
  "*": arithmetic((a, b) => a.multiply(b), "can't multiply zero by infinity"),
  "/": arithmetic(
    (a, b) => a.divide(b),
    "can't divide zero by zero or infinity by infinity",
  ),
  "%": arithmetic((a, b) => a.modulo(b), "can't use modulo with zero and infinity"),
};

/** The type that an operator's operands are converted to; undefined where any type is allowed. */
function operandType(operator: BinaryOperator): Type | undefined {
  if (operator === "==" || operator === "!=") return undefined;
  return operator === "||" || operator === "&&" ? BOOL : NUMBER;
}

function number(value: Value): BigFloat {
  return value.content as BigFloat;
}

function arithmetic(
  calculate: (a: BigFloat, b: BigFloat) => BigFloat | undefined,
  undefinedFor: string,
): Operation {
  return (a, b) => {
    const result = calculate(number(a), number(b));
    if (result === undefined) throw new FunctionError(undefinedFor);
    return numberOf(result);
  };
}

/** Evaluates a chain such as `a + b + c` without recursion, as it may be long. */
export function binary(expression: Binary, scope: Scope): Value {
  const chain: Binary[] = [];
  let first: Expression = expression;
  for (; first.kind === "binary"; first = first.left) chain.push(first);
  let result = attempt(first, scope);
  for (const link of chain.reverse()) {
    scope.world.budget.step();
    result = apply(link, result, scope);
  }
  if (result instanceof Diagnostic) throw result;
  return result;
}

function apply(link: Binary, left: Value | Diagnostic, scope: Scope): Value | Diagnostic {
  const { operator } = link;
  const logical = operator === "||" || operator === "&&";
  const right = attempt(link.right, scope);
  try {
    const type = operandType(operator);
    const a = operand(left, type, "left", link.left);
    const b = operand(right, type, "right", link.right);
    if (logical) {
      // If one side alone decides, an error of the other side is ignored. A null is not true, and
      // so decides `&&`.
      const deciding = operator === "||";
      const decides = (side: Value | Diagnostic) =>
        !(side instanceof Diagnostic) && (side.content === true) === deciding;
      if (decides(a) || decides(b)) return deciding ? TRUE : FALSE;
    }
    if (a instanceof Diagnostic) return a;
    if (b instanceof Diagnostic) return b;
    scope.world.budget.read(a);
    if (type !== undefined && (a.content === null || b.content === null)) {
      throw new FunctionError("argument must not be null");
    }
    return operations[operator](a, b);
  } catch (error) {
    if (error instanceof Diagnostic) return error;
    if (error instanceof FunctionError) return failed(error.message, link);
    throw error;
  }
}

function operand(
  value: Value | Diagnostic,
  type: Type | undefined,
  side: string,
  { range }: Expression,
): Value | Diagnostic {
  if (value instanceof Diagnostic || type === undefined) return value;
  const refuse = (why: string) =>
    new Diagnostic("Invalid operand", `Unsuitable value for ${side} operand: ${why}.`, range);
  return convert(value, type, refuse);
}

function failed(reason: string, { range }: Expression): Diagnostic {
  return new Diagnostic("Operation failed", `Error during operation: ${reason}.`, range);
}

export function unary(
  expression: Extract<Expression, { kind: "unary" }>,
  scope: Scope,
): Value {
  const { operator } = expression;
  const given = evaluate(expression.operand, scope);
  const value = operand(given, operator === "-" ? NUMBER : BOOL, "unary", expression.operand);
  const { content } = value as Value;
  if (content === null) throw failed("argument must not be null", expression);
  return operator === "-" ? numberOf((content as BigFloat).negate()) : boolOf(content !== true);
}
