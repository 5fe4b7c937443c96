/** `condition ? yes : no`: both sides are evaluated and must agree on a type. */
import { convert } from "./values/convert.ts";
import { between, Diagnostic } from "./diagnostic.ts";
import { attempt, evaluate } from "./evaluate.ts";
import type { Conditional, Expression } from "./expression.ts";
import type { Scope } from "./scope.ts";
import { compareText } from "./values/text.ts";
import { quote } from "../../base/go/quote.ts";
import {
  BOOL,
  DYNAMIC,
  isCollection,
  NUMBER,
  sameType,
  STRING,
  type Type,
  typeName,
} from "./values/type.ts";
import { unify } from "./values/unify.ts";
import type { Value } from "./values/value.ts";

export function conditional(expression: Conditional, scope: Scope): Value {
  const yes = attempt(expression.yes, scope);
  const no = attempt(expression.no, scope);
  for (const side of [yes, no]) if (!(side instanceof Diagnostic)) scope.world.budget.read(side);
  const types = [typeOf(yes, expression.yes), typeOf(no, expression.no)] as const;
  const type = commonType(...types);
  if (type === undefined) {
    throw new Diagnostic(
      "Inconsistent conditional result types",
      "The true and false result expressions must have consistent types. " +
        `${describe(...types)}.`,
      between(expression.yes.range, expression.no.range),
    );
  }
  return condition(expression.condition, scope)
    ? result("true", yes, type, expression.yes)
    : result("false", no, type, expression.no);
}

/** The type of a side; any type for a bare null and for an error without a clear type. */
function typeOf(value: Value | Diagnostic, expression: Expression): Type {
  if (!(value instanceof Diagnostic)) return value.type;
  switch (expression.kind) {
    case "parentheses":
    case "wrap":
      return typeOf(value, expression.inner);
    case "template":
      return STRING;
    case "unary":
      return expression.operator === "-" ? NUMBER : BOOL;
    case "binary":
      return /^[-+*/%]$/.test(expression.operator) ? NUMBER : BOOL;
    default:
      return DYNAMIC;
  }
}

function commonType(yes: Type, no: Type): Type | undefined {
  if (yes.kind === "dynamic") return no;
  if (no.kind === "dynamic") return yes;
  return unify([yes, no], true);
}

function condition(expression: Expression, scope: Scope): boolean {
  const value = evaluate(expression, scope);
  if (value.content === null) {
    throw new Diagnostic(
      "Null condition",
      "The condition value is null. Conditions must either be true or false.",
      expression.range,
    );
  }
  const detail = "The condition expression must be of type bool.";
  const refuse = () => new Diagnostic("Incorrect condition type", detail, expression.range);
  return convert(value, BOOL, refuse).content === true;
}

function result(
  side: string,
  value: Value | Diagnostic,
  type: Type,
  { range }: Expression,
): Value {
  if (value instanceof Diagnostic) throw value;
  return convert(value, type, (why) => {
    const detail = `The ${side} result value has the wrong type: ${why}.`;
    return new Diagnostic("Inconsistent conditional result types", detail, range);
  });
}

/** The first difference between two types that don't unify. */
function describe(yes: Type, no: Type): string {
  if (yes.kind === "object" && no.kind === "object") {
    for (const name of [...yes.attributes.keys()].sort(compareText)) {
      const other = no.attributes.get(name);
      if (other === undefined) return absent(name, "true", "false");
      const own = yes.attributes.get(name)!;
      if (!sameType(own, other)) {
        return `Type mismatch for object attribute ${quote(name)}: ${describe(own, other)}`;
      }
    }
    for (const name of [...no.attributes.keys()].sort(compareText)) {
      if (!yes.attributes.has(name)) return absent(name, "false", "true");
    }
  } else if (yes.kind === "tuple" && no.kind === "tuple") {
    const [a, b] = [yes.elements, no.elements];
    if (a.length !== b.length) {
      return `The 'true' tuple has length ${a.length}, but the 'false' tuple has length ${b.length}`;
    }
    const at = a.findIndex((type, i) => !sameType(type, b[i]!));
    if (at >= 0) return `Type mismatch for tuple element ${at}: ${describe(a[at]!, b[at]!)}`;
  } else if (isCollection(yes) && isCollection(no) && yes.kind === no.kind) {
    const [a, b] = [yes.element, no.element];
    if (a.kind === b.kind && (a.kind === "object" || a.kind === "tuple")) {
      return `Mismatched ${yes.kind} element types: ${describe(a, b)}`;
    }
  }
  if (typeName(yes) === typeName(no)) {
    return "At least one deeply-nested attribute or element is not compatible across both the " +
      "'true' and the 'false' value";
  }
  return `The 'true' value is ${typeName(yes)}, but the 'false' value is ${typeName(no)}`;
}

function absent(name: string, there: string, missing: string): string {
  return `The '${there}' value includes object attribute ${quote(name)}, which is absent in the ` +
    `'${missing}' value`;
}
