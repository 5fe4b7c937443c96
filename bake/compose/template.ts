/**
 * Variables in a text, as compose replaces them:
 * https://docs.docker.com/reference/compose-file/interpolation
 *
 * `$X ${X} ${X:-d} ${X-d} ${X:?e} ${X?e} ${X:+r} ${X+r}`, also nested, and `$$` for a dollar sign.
 */

import { type Budget, checkLength, LimitError } from "../budget.ts";

/** A variable's value; undefined where it isn't set. */
export type Lookup = (name: string) => string | undefined;

interface TemplateContext {
  readonly lookup: Lookup;
  /** Called with each variable that has no value where the text gives no other. */
  readonly unset: (name: string) => void;
  readonly budget: Budget;
}

/** Variables within the default of a variable, within another default, and so on. */
const MAX_DEPTH = 100;

/** A text is not a valid template. `rest` begins at the error. */
export class TemplateError extends Error {
  constructor(readonly rest: string) {
    super(`invalid template: ${rest}`);
  }
}

/** A variable has no value, but `:?` or `?` requires one. */
export class MissingVariable extends Error {
  constructor(name: string, reason: string) {
    super(`required variable ${name} is missing a value${reason && `: ${reason}`}`);
  }
}

/** Throws {@link TemplateError}, {@link MissingVariable} or `LimitError`. */
export function substitute(text: string, context: TemplateContext, depth = 0): string {
  const { lookup, unset, budget } = context;
  if (depth > MAX_DEPTH) {
    throw new LimitError(
      `variables are nested too deeply: there are more than ${MAX_DEPTH} levels`,
    );
  }
  budget.read({ size: text.length });
  let out = "";
  let at = 0;
  while (true) {
    budget.step();
    checkLength(out.length);
    const dollar = text.indexOf("$", at);
    if (dollar < 0) {
      out += text.slice(at);
      budget.made({ size: out.length });
      return out;
    }
    out += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === "$") {
      out += "$";
      at = dollar + 2;
      continue;
    }
    if (next === "{") {
      const end = closing(text, dollar + 1);
      if (end < 0) throw new TemplateError(text);
      out += braced(text.slice(dollar + 2, end), text, context, depth);
      at = end + 1;
      continue;
    }
    const name = text.slice(dollar + 1).match(/^[_a-z][_a-z0-9]*/i)?.[0];
    // Before any other character a dollar sign stands for itself.
    out += name === undefined ? "$" : plain(name, lookup, unset);
    at = dollar + 1 + (name?.length ?? 0);
  }
}

/** The index of the brace that closes the one at `open`; -1 without one. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}

function braced(
  inner: string,
  whole: string,
  context: TemplateContext,
  depth: number,
): string {
  const { lookup, unset } = context;
  const match = inner.match(/^([_a-z][_a-z0-9]*)(?:(:?)([-+?])([^\n]*))?$/i);
  if (!match) throw new TemplateError(whole);
  const [, name, colon, operator, operand = ""] = match as unknown as [string, string, ...string[]];
  if (operator === undefined) return plain(name, lookup, unset);
  const value = lookup(name);
  const counts = value !== undefined && (colon === "" || value !== "");
  const other = () => substitute(operand, context, depth + 1);
  switch (operator) {
    case "-":
      return counts ? value : other();
    case "+":
      return counts ? other() : value ?? "";
    default:
      if (!counts) throw new MissingVariable(name, other());
      return value;
  }
}

function plain(name: string, lookup: Lookup, unset: (name: string) => void): string {
  const value = lookup(name);
  if (value === undefined) unset(name);
  return value ?? "";
}
