/** Functions with regular expressions in RE2's syntax. */
import { type Matcher, RE2JS, RE2JSSyntaxException } from "re2js";
import { type Budget, MAX_SIZE } from "../../budget.ts";
import { ArgumentError, FunctionError } from "../function.ts";
import { list, object, STRING, tuple, type Type } from "../values/type.ts";
import { listOf, nullOf, objectOf, stringOf, tupleOf, type Value } from "../values/value.ts";
import { type Args, define, type Functions, textIn } from "./define.ts";

/** Instructions of a compiled pattern. The time of a match grows with them. */
const MAX_PROGRAM = 20_000;
/** Instructions times characters that count as one step of the evaluation. */
const WORK_PER_STEP = 16;

interface Pattern {
  readonly compiled: RE2JS;
  /** The groups' names in their order, "" for a group without one. */
  readonly names: readonly string[];
}

/** Throws an `RE2JSSyntaxException`. */
function compile(pattern: Value, budget: Budget): Pattern {
  const text = textIn(pattern);
  budget.step(text.length);
  const compiled = RE2JS.compile(text);
  if (compiled.programSize() > MAX_PROGRAM) {
    throw new RE2JSSyntaxException("expression too large", text);
  }
  const names = Array<string>(compiled.groupCount()).fill("");
  for (const [name, index] of Object.entries(compiled.namedGroups())) names[index - 1] = name;
  return { compiled, names };
}

/**
 * Returns all matches in the order of the text. Matches don't overlap, and an empty match right
 * after another match does not count.
 */
function* matches({ compiled }: Pattern, text: string, budget: Budget): Generator<Matcher> {
  // One search takes this much at most. Many searches may each read the rest of the text, so their
  // time counts: a step is about a microsecond.
  budget.step(1 + text.length * compiled.programSize() / WORK_PER_STEP);
  const matcher = compiled.matcher(text);
  const start = performance.now();
  let counted = 0, end = -1;
  for (let at = 0; at <= text.length && matcher.find(at);) {
    const passed = Math.floor((performance.now() - start) * 1000);
    budget.step(passed - counted);
    counted = passed;
    const isEmpty = matcher.start() === matcher.end();
    if (!isEmpty || matcher.start() !== end) yield matcher;
    end = matcher.end();
    at = isEmpty ? end + (text.codePointAt(end)! > 0xffff ? 2 : 1) : end;
  }
}

/** The type of a match: a text without groups, otherwise a tuple or an object of texts. */
function typeOf({ names }: Pattern): Type {
  const named = names.filter((name) => name !== "");
  if (names.length === 0) return STRING;
  if (named.length === 0) return tuple(names.map(() => STRING));
  if (named.length === names.length) {
    return object(new Map(named.map((name) => [name, STRING])));
  }
  throw new ArgumentError(
    0,
    "invalid regexp pattern: cannot mix both named and unnamed capture groups",
  );
}

function compileArgument(pattern: Value, budget: Budget): [Pattern, Type] {
  try {
    const compiled = compile(pattern, budget);
    return [compiled, typeOf(compiled)];
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const detail = `invalid regexp pattern: ${error.error} in ${error.input ?? ""}`;
    throw new ArgumentError(0, detail);
  }
}

function result({ names }: Pattern, match: Matcher, { kind }: Type): Value {
  if (kind === "string") return stringOf(match.group()!);
  const groups = names.map((_, i) => {
    const text = match.group(i + 1);
    return text === null ? nullOf(STRING) : stringOf(text);
  });
  if (kind === "tuple") return tupleOf(groups);
  return objectOf(new Map(names.map((name, i) => [name, groups[i]!])));
}

function regex([pattern, string]: Args, budget: Budget): Value {
  const [compiled, type] = compileArgument(pattern, budget);
  for (const match of matches(compiled, textIn(string), budget)) {
    return result(compiled, match, type);
  }
  throw new FunctionError("pattern did not match any part of the given string");
}

function regexAll([pattern, string]: Args, budget: Budget): Value {
  const [compiled, type] = compileArgument(pattern, budget);
  const found: Value[] = [];
  for (const match of matches(compiled, textIn(string), budget)) {
    found.push(result(compiled, match, type));
  }
  const { element } = list(found[0]?.type ?? type) as Extract<Type, { kind: "list" }>;
  return listOf(element, found);
}

/** Replaces all matches. `$1`, `$name` and `${name}` stand for groups, `$$` for a dollar. */
function regexReplace([string, pattern, template]: Args, budget: Budget): Value {
  let compiled: Pattern;
  try {
    compiled = compile(pattern, budget);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new FunctionError(`error parsing regexp: ${error.error}: \`${error.input ?? ""}\``);
  }
  const text = textIn(string);
  let replaced = "", end = 0;
  for (const match of matches(compiled, text, budget)) {
    replaced += text.slice(end, match.start()) + expand(textIn(template), compiled, match);
    end = match.end();
    if (replaced.length > MAX_SIZE) break; // `stringOf` refuses the text
  }
  return stringOf(replaced + text.slice(end));
}

function expand(template: string, { names }: Pattern, match: Matcher): string {
  return template.replace(/\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (...found) => {
    const [, dollar, plain, braced] = found as string[];
    if (dollar !== undefined) return "$";
    const name = plain ?? braced!;
    const isNumber = /^\d+$/.test(name);
    const index = isNumber ? Number(name) : names.indexOf(name) + 1;
    if (index > names.length || (index === 0 && !isNumber)) return "";
    return match.group(index) ?? "";
  });
}

export const functions: Functions = {
  regex: define("pattern:string string:string", regex),
  regexall: define("pattern:string string:string", regexAll),
  regex_replace: define("str:string pattern:string replace:string", regexReplace),
};
