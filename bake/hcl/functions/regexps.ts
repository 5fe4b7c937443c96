/** Regular expressions of RE2. */
import { ArgumentError, FunctionError } from "../function.ts";
import { PatternError } from "../regexp/node.ts";
import { type Match, Regexp } from "../regexp/regexp.ts";
import { list, object, STRING, tuple, type Type } from "../type.ts";
import { listOf, nullOf, objectOf, stringOf, tupleOf, type Value } from "../value.ts";
import { define, type Functions, textOf } from "./define.ts";

type Step = (count: number) => void;
type Args = readonly Value[];

function codes(value: Value | undefined): number[] {
  return Array.from(textOf(value), (character) => character.codePointAt(0)!);
}

function textAt(text: readonly number[], from: number, to: number): string {
  let found = "";
  for (let at = from; at < to; at++) found += String.fromCodePoint(text[at]!);
  return found;
}

/** The pattern, and the type of what it finds: the match, or what its groups found. */
function compiled(pattern: Value | undefined, step: Step): [Regexp, Type] {
  let regexp: Regexp;
  try {
    regexp = new Regexp(textOf(pattern), step);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const detail = `invalid regexp pattern: ${error.code} in ${error.expression}`;
    throw new ArgumentError(0, detail);
  }
  const { names } = regexp;
  const named = names.filter((name) => name !== "");
  if (names.length === 0) return [regexp, STRING];
  if (named.length === 0) return [regexp, tuple(names.map(() => STRING))];
  if (named.length === names.length) {
    return [regexp, object(new Map(named.map((name) => [name, STRING])))];
  }
  throw new ArgumentError(
    0,
    "invalid regexp pattern: cannot mix both named and unnamed capture groups",
  );
}

function result(regexp: Regexp, text: readonly number[], match: Match, { kind }: Type): Value {
  if (kind === "string") return stringOf(textAt(text, match[0]!, match[1]!));
  const groups = regexp.names.map((_, i) => {
    const [from, to] = [match[2 * i + 2], match[2 * i + 3]];
    if (from === undefined || to === undefined) return nullOf(STRING);
    return stringOf(textAt(text, from, to));
  });
  if (kind === "tuple") return tupleOf(groups);
  return objectOf(new Map(regexp.names.map((name, i) => [name, groups[i]!])));
}

function regex([pattern, string]: Args, step: Step): Value {
  const [regexp, type] = compiled(pattern, step);
  const text = codes(string);
  const match = regexp.find(text);
  if (match !== undefined) return result(regexp, text, match, type);
  throw new FunctionError("pattern did not match any part of the given string");
}

function regexAll([pattern, string]: Args, step: Step): Value {
  const [regexp, type] = compiled(pattern, step);
  const text = codes(string);
  const found = [...regexp.findAll(text)].map((match) => result(regexp, text, match, type));
  const { element } = list(found[0]?.type ?? type) as Extract<Type, { kind: "list" }>;
  return listOf(element, found);
}

/** `$1`, `$name`, `${name}` stand for groups, `$$` for a dollar. */
function regexReplace([string, pattern, template]: Args, step: Step): Value {
  let regexp: Regexp;
  try {
    regexp = new Regexp(textOf(pattern), step);
  } catch (error) {
    if (error instanceof PatternError) throw new FunctionError(error.message);
    throw error;
  }
  const text = codes(string);
  let replaced = "", end = 0;
  for (const match of regexp.findAll(text)) {
    replaced += textAt(text, end, match[0]!) + expand(textOf(template), regexp, text, match);
    end = match[1]!;
    step(replaced.length >> 10);
  }
  return stringOf(replaced + textAt(text, end, text.length));
}

function expand(template: string, { names }: Regexp, text: readonly number[], match: Match) {
  return template.replace(/\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (...found) => {
    const [, dollar, plain, braced] = found as string[];
    if (dollar !== undefined) return "$";
    const name = plain ?? braced!;
    const index = /^\d+$/.test(name) ? Number(name) : names.lastIndexOf(name) + 1;
    if (index === 0 && !/^\d+$/.test(name)) return "";
    const [from, to] = [match[2 * index], match[2 * index + 1]];
    return from === undefined || to === undefined ? "" : textAt(text, from, to);
  });
}

export const functions: Functions = {
  regex: define("pattern:string string:string", regex),
  regexall: define("pattern:string string:string", regexAll),
  regex_replace: define("str:string pattern:string replace:string", regexReplace),
};
