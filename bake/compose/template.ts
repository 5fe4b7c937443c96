/**
 * Variables in a text, as compose replaces them (https://docs.docker.com/reference/compose-file/interpolation):
 * `$X ${X} ${X:-d} ${X-d} ${X:?e} ${X?e} ${X:+r} ${X+r}`, nested ones too, and `$$` for a dollar sign.
 */

/** A variable's value; undefined where it isn't set. */
export type Lookup = (name: string) => string | undefined;

/** A text that is no template; `rest` begins at what is wrong. */
export class TemplateError extends Error {
  constructor(readonly rest: string) {
    super(`invalid template: ${rest}`);
  }
}

/** A variable that must have a value, by `:?` or `?`. */
export class MissingVariable extends Error {
  constructor(name: string, reason: string) {
    super(`required variable ${name} is missing a value${reason && `: ${reason}`}`);
  }
}

/** @param unset told of each variable without value where nothing else was given */
export function substitute(text: string, lookup: Lookup, unset: (name: string) => void): string {
  let out = "";
  let at = 0;
  while (true) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return out + text.slice(at);
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
      out += braced(text.slice(dollar + 2, end), text, lookup, unset);
      at = end + 1;
      continue;
    }
    const name = text.slice(dollar + 1).match(/^[_a-z][_a-z0-9]*/i)?.[0];
    // A dollar sign before anything else is one.
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
  lookup: Lookup,
  unset: (name: string) => void,
): string {
  const match = inner.match(/^([_a-z][_a-z0-9]*)(?:(:?)([-+?])([^\n]*))?$/i);
  if (!match) throw new TemplateError(whole);
  const [, name, colon, operator, operand = ""] = match as unknown as [string, string, ...string[]];
  if (operator === undefined) return plain(name, lookup, unset);
  const value = lookup(name);
  const counts = value !== undefined && (colon === "" || value !== "");
  const other = () => substitute(operand, lookup, unset);
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
