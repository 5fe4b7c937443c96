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
    const [node, locals] = next;
    if (node.kind === "scope") {
      if (!locals.has(node.root)) names.push(node);
    } else if (node.kind === "call") functions.add(node.name);
    const parts = partsOf(node, locals);
    for (let i = parts.length - 1; i >= 0; i--) rest.push(parts[i]!);
  }
  return { functions, names };
}

function partsOf(node: Expression, locals: Locals): [Expression, Locals][] {
  // The parts are one argument: a list of 300,000 of them would overflow the stack.
  const here = (parts: readonly Expression[]) =>
    parts.map((part): [Expression, Locals] => [part, locals]);
  switch (node.kind) {
    case "relative":
      return here([node.source]);
    case "call":
      return here(node.args);
    case "conditional":
      return here([node.condition, node.yes, node.no]);
    case "index":
      return here([node.source, node.key]);
    case "tuple":
      return here(node.items);
    case "object":
      return here(
        node.items.flatMap(({ key, computed, value }) =>
          !computed && keyword(key) !== undefined ? [value] : [key, value]
        ),
      );
    case "for": {
      const inner = new Set([...locals, node.valueName]);
      if (node.keyName !== undefined) inner.add(node.keyName);
      const parts = [node.key, node.value, node.condition].filter((part) => part !== undefined);
      return [...here([node.source]), ...parts.map((part): [Expression, Locals] => [part, inner])];
    }
    case "splat":
      return here([node.source, node.body]);
    case "binary":
      return here([node.left, node.right]);
    case "unary":
      return here([node.operand]);
    case "template":
      return here(node.parts);
    case "wrap":
    case "parentheses":
      return here([node.inner]);
    case "join":
      return here([node.tuple]);
    default:
      return [];
  }
}
