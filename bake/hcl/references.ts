/** Finds the names in an expression. They must have values before it is evaluated. */
import { type Expression, keyword, type Scope as Name } from "./expression.ts";

export interface References {
  /** The functions that the expression calls. */
  readonly functions: Set<string>;
  /** The variables and their steps, except variables of a `for` within the expression. */
  readonly names: Name[];
}

type Locals = ReadonlySet<string>;

export function referencesOf(expression: Expression): References {
  const functions = new Set<string>();
  const names: Name[] = [];
  const rest: [Expression, Locals][] = [[expression, new Set()]];
  // There is no recursion here, because a chain of operators may be very long.
  for (let next: [Expression, Locals] | undefined; (next = rest.pop()) !== undefined;) {
    const [of, locals] = next;
    if (of.kind === "scope") {
      if (!locals.has(of.root)) names.push(of);
    } else if (of.kind === "call") functions.add(of.name);
    const parts = partsOf(of, locals);
    for (let i = parts.length - 1; i >= 0; i--) rest.push(parts[i]!);
  }
  return { functions, names };
}

function partsOf(of: Expression, locals: Locals): [Expression, Locals][] {
  // The parts are one argument: a list of 300,000 of them would overflow the stack.
  const here = (parts: readonly Expression[]) =>
    parts.map((part): [Expression, Locals] => [part, locals]);
  switch (of.kind) {
    case "relative":
      return here([of.source]);
    case "call":
      return here(of.args);
    case "conditional":
      return here([of.condition, of.yes, of.no]);
    case "index":
      return here([of.source, of.key]);
    case "tuple":
      return here(of.items);
    case "object":
      return here(
        of.items.flatMap(({ key, computed, value }) =>
          !computed && keyword(key) !== undefined ? [value] : [key, value]
        ),
      );
    case "for": {
      const inner = new Set([...locals, of.valueName]);
      if (of.keyName !== undefined) inner.add(of.keyName);
      const parts = [of.key, of.value, of.condition].filter((part) => part !== undefined);
      return [...here([of.source]), ...parts.map((part): [Expression, Locals] => [part, inner])];
    }
    case "splat":
      return here([of.source, of.body]);
    case "binary":
      return here([of.left, of.right]);
    case "unary":
      return here([of.operand]);
    case "template":
      return here(of.parts);
    case "wrap":
    case "parentheses":
      return here([of.inner]);
    case "join":
      return here([of.tuple]);
    default:
      return [];
  }
}
