/**
 * `.env` files as compose reads them ("Env file syntax" in
 * https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation):
 * `K=V` or `K: V`, quotes, comments, `export`, variables in values; `K` alone takes its value from
 * the environment.
 */
import { LimitError } from "../budget.ts";
import { ComposeError } from "../error.ts";
import { warningOfUnset } from "./interpolate.ts";
import type { World } from "./layer.ts";
import { type Lookup, MissingVariable, substitute, TemplateError } from "./template.ts";

type Fail = (at: number, problem: string) => ComposeError;

/**
 * Adds the variables of a file to `into`. Throws `ComposeError`, which names the file and the line.
 * @param lookup the variables in values are looked up here first, then in the file
 */
export function readDotenv(
  file: string,
  text: string,
  into: Map<string, string>,
  lookup: Lookup,
  world: World,
): void {
  const source = text.replace(/^\uFEFF/, "");
  let at = 0;
  const fail: Fail = (at, problem) => {
    const line = source.slice(0, at).split("\n").length;
    return new ComposeError(`failed to read ${file}: line ${line}: ${problem}`);
  };
  const context = {
    lookup: (name: string) => lookup(name) ?? into.get(name),
    unset: warningOfUnset(world),
    budget: world.budget,
  };
  while (true) {
    at += source.slice(at).match(/^(?:\s+|#[^\n]*)*/)![0].length;
    if (at >= source.length) return;
    const start = at;
    at += source.slice(at).match(/^(?:export[^\S\n]+)?/)![0].length;
    const head = source.slice(at).match(/^(?:[\p{L}\p{N}_.[\]-]|[^\S\n])*/u)![0];
    const mark = source[at + head.length];
    const key = head.trimEnd();
    if (mark !== "=" && mark !== ":" && mark !== "\n" && mark !== undefined) {
      const line = source.slice(at).split("\n", 1)[0]!;
      const shown = `${JSON.stringify(mark)} in variable name ${JSON.stringify(line)}`;
      throw fail(start, `unexpected character ${shown}`);
    }
    if (key.includes(" ")) throw fail(start, "key cannot contain a space");
    at += head.length + 1;
    if (mark === "\n" || mark === undefined) {
      const value = lookup(key);
      if (value !== undefined) into.set(key, value);
      continue;
    }
    at += source.slice(at).match(/^[^\S\n]*/)![0].length;
    const { value, end } = readValue(source, at, fail, (text) => {
      try {
        return substitute(text, context);
      } catch (error) {
        if (!isExpected(error)) throw error;
        throw fail(start, error.message);
      }
    });
    into.set(key, value);
    at = end;
  }
}

function isExpected(error: unknown): error is Error {
  return error instanceof TemplateError || error instanceof MissingVariable ||
    error instanceof LimitError;
}

function readValue(
  source: string,
  start: number,
  fail: Fail,
  expand: (text: string) => string,
): { value: string; end: number } {
  const quote = source[start];
  if (quote !== '"' && quote !== "'") {
    const newline = source.indexOf("\n", start);
    const end = newline < 0 ? source.length : newline;
    const line = source.slice(start, end);
    const comment = line.indexOf(" #");
    return { value: expand((comment < 0 ? line : line.slice(0, comment)).trimEnd()), end };
  }
  let value = "";
  for (let at = start + 1; at < source.length; at++) {
    const char = source[at]!;
    if (char === quote) {
      return { value: quote === '"' ? expand(unescape(value)) : value, end: at + 1 };
    }
    if (char === "\\" && at + 1 < source.length) {
      const next = source[++at]!;
      value += next === quote ? next : `\\${next}`;
    } else value += char;
  }
  const shown = source.slice(start).split("\n", 1)[0];
  throw fail(source.length, `unterminated quoted value ${shown}`);
}

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  // The substitution of variables makes one dollar sign of the two.
  $: "$$",
};

function unescape(text: string): string {
  return text.replace(/\\(?:([abfnrtv$"\\])|0(\d{1,3}))/g, (match, letter, octal) => {
    if (letter !== undefined) return escapes[letter]!;
    return /^[0-7]{3}$/.test(octal) ? String.fromCharCode(parseInt(octal, 8)) : match;
  });
}
