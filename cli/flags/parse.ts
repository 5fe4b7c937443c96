import { errorText } from "../../base/error_text.ts";
import { nearest } from "../../base/nearest.ts";
import { FlagError } from "../../base/usage_error.ts";
import { quote, quoteRune } from "../../base/go/quote.ts";
import type { FlagSpec, FlagSpecs, FlagValues } from "./spec.ts";
import { readers, zeros } from "./value.ts";
import { cut } from "../../base/cut.ts";

/** One flag as it was typed, under the name that was typed, in the order of the command line. */
export interface Occurrence {
  readonly name: string;
  readonly value: string;
}

export interface Parsed<Specs extends FlagSpecs> {
  readonly values: FlagValues<Specs>;
  /** The flags that were typed, by the name whose value they set. */
  readonly given: ReadonlySet<string>;
  /** Every typed flag in order, for grammars where the last of several flags wins. */
  readonly occurrences: readonly Occurrence[];
  /** The words that are no flags. */
  readonly args: readonly string[];
}

/**
 * Parses a command line exactly as Go's pflag does: `--flag=value`, `--flag value`, `-f value`,
 * `-fvalue`, `-f=value`, grouped letters (`-qf FILE`), flags between the arguments, `--` as their
 * end, a lone `-` as an argument. A boolean takes its value after `=` only.
 * Throws `FlagError` in pflag's words.
 *
 * @param env reads the variables that some flags have their default from
 */
export function parseFlags<const Specs extends FlagSpecs>(
  specs: Specs,
  argv: readonly string[],
  env: (name: string) => string | undefined,
): Parsed<Specs> {
  const { occurrences, args } = split(specs, argv);
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.sets === undefined) values[name] = defaultOf(name, spec, env);
  }
  const given = new Set<string>();
  for (const { name, value } of occurrences) {
    const spec = specs[name]!;
    const target = spec.sets ?? name;
    const read = readValue(name, spec, value);
    const repeats = spec.kind === "array" || spec.kind === "slice";
    values[target] = repeats && given.has(target)
      ? [...values[target] as string[], ...read as string[]]
      : read;
    given.add(target);
  }
  return { values: values as FlagValues<Specs>, given, occurrences, args };
}

/** True when the flag takes the next word as its value unless it has one after `=`. */
export function wantsValue(spec: FlagSpec): boolean {
  return spec.kind !== "bool" && spec.bare === undefined;
}

/** The long name that a letter stands for. */
export function longNameOf(specs: FlagSpecs, letter: string): string | undefined {
  return Object.keys(specs).find((name) => specs[name]!.short === letter);
}

function defaultOf(name: string, spec: FlagSpec, env: (name: string) => string | undefined) {
  const set = spec.env === undefined ? undefined : env(spec.env);
  if (set) return readValue(name, spec, set);
  return spec.default === undefined ? zeros[spec.kind] : readers[spec.kind](spec.default);
}

function readValue(name: string, spec: FlagSpec, value: string): unknown {
  try {
    return readers[spec.kind](value);
  } catch (error) {
    const flag = spec.short === undefined ? `--${name}` : `-${spec.short}, --${name}`;
    const reason = errorText(error);
    throw new FlagError(
      `invalid argument ${quote(value)} for ${quote(flag)} flag: ${reason}`,
      HINTS[spec.kind]?.(value),
    );
  }
}

/** The remedies for values that can't be read, by the flag's kind. */
const HINTS: Partial<Record<FlagSpec["kind"], (value: string) => string>> = {
  bool: () => "write true or false",
  int: () => "write a whole number, like 3",
  duration: (value) =>
    /^\d+$/.test(value)
      ? `write a unit, like ${value}s or ${value}m`
      : "write a time, like 30s or 5m",
  bytes: () => "write a size, like 512mb or 10gb",
};

interface Words {
  readonly occurrences: Occurrence[];
  readonly args: string[];
}

function split(specs: FlagSpecs, argv: readonly string[]): Words {
  const words: Words = { occurrences: [], args: [] };
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      words.args.push(...rest);
      break;
    }
    if (word.startsWith("--")) words.occurrences.push(longFlag(specs, word, rest));
    else if (word.length > 1 && word.startsWith("-")) shortFlags(specs, word, rest, words);
    else words.args.push(word);
  }
  return words;
}

function longFlag(specs: FlagSpecs, word: string, rest: string[]): Occurrence {
  const body = word.slice(2);
  if (/^[-=]/.test(body)) throw new FlagError(`bad flag syntax: ${word}`);
  const [name, given] = cut(body, "=");
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
  if (spec === undefined) throw new FlagError(`unknown flag: --${name}`, suggestion(specs, name));
  if (given !== undefined) return { name, value: given };
  if (!wantsValue(spec)) return { name, value: spec.bare ?? "true" };
  const value = rest.shift();
  if (value === undefined) {
    throw new FlagError(`flag needs an argument: --${name}`, valueHint(`--${name}`, spec));
  }
  return { name, value };
}

function shortFlags(specs: FlagSpecs, word: string, rest: string[], words: Words) {
  let letters = word.slice(1);
  while (letters !== "") {
    // pflag works on bytes, but no flag has a letter beyond ASCII.
    const letter = String.fromCodePoint(letters.codePointAt(0)!);
    const after = letters.slice(letter.length);
    const name = longNameOf(specs, letter);
    if (name === undefined) {
      throw new FlagError(
        `unknown shorthand flag: ${quoteRune(letter)} in -${letters}`,
        word.length > 2 ? suggestion(specs, word.slice(1)) : undefined,
      );
    }
    const spec = specs[name]!;
    if (after.length > 1 && after.startsWith("=")) {
      words.occurrences.push({ name, value: after.slice(1) });
      return;
    }
    if (!wantsValue(spec)) {
      words.occurrences.push({ name, value: spec.bare ?? "true" });
      letters = after;
      continue;
    }
    const value = after !== "" ? after : rest.shift();
    if (value === undefined) {
      throw new FlagError(
        `flag needs an argument: ${quoteRune(letter)} in -${letters}`,
        valueHint(`-${letter}`, spec),
      );
    }
    words.occurrences.push({ name, value });
    return;
  }
}

function valueHint(flag: string, { summary = "" }: FlagSpec): string {
  return `${flag} needs a value: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`;
}

function suggestion(specs: FlagSpecs, name: string): string | undefined {
  const near = nearest(name, Object.keys(specs).filter((known) => !specs[known]!.hidden));
  return near === undefined ? undefined : `did you mean --${near}?`;
}
