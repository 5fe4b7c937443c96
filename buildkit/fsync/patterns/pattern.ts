/**
 * The language of ignore files and of the daemon's include and exclude lists, exactly as moby/patternmatcher reads
 * it, because the rules decide which files a build sees.
 *
 * Rules are applied in order and the last that matches wins; `!` at the front takes entries out again. A rule that
 * matches a folder matches everything in it. A rule is matched against the whole path: `*` is a run of characters
 * but `/`, `?` one of them, `[…]` a class, `\x` the character x, `**` any number of path components.
 */
import { trimSpace } from "../../../base/go/space.ts";
import { FsyncError } from "../errors.ts";
import { type Budget, makeBudget, TooLarge } from "./automaton.ts";
import { BadPattern, filepathMatch } from "../../../base/go/path_match.ts";
import { goRegexp } from "./go_regexp.ts";
import { cleanPath } from "../../../base/paths.ts";

/** One rule. */
interface Pattern {
  /** The cleaned text, without its `!`. */
  readonly text: string;
  /** Whether the pattern began with `!`. */
  readonly exclusion: boolean;
  /**
   * Whether this rule alone matches the path. Throws {@link FsyncError} for defects that Go also
   * finds only at first use.
   */
  matches(path: string): boolean;
}

/**
 * The rules that matched a folder, one number each; the folder's children start from them. A rule
 * that was skipped (because it could not have changed the result) counts as not matching, also for
 * the children.
 */
export type ParentMatches = Uint8Array | undefined;

/** Rules in their order. */
export interface PatternList {
  readonly patterns: readonly Pattern[];
  /**
   * Whether an entry matches. `parent` is the result for its folder (undefined for an entry of the
   * root). `into`, one number a rule, receives the result from which the entry's children start.
   */
  matches(path: string, parent: ParentMatches, into?: Uint8Array): boolean;
}

/**
 * Reads rules. Blank ones are dropped, white space around them too.
 * Throws {@link FsyncError} that names the rule whose syntax is wrong.
 */
export function parsePatterns(rules: readonly string[]): PatternList {
  const patterns: Pattern[] = [];
  const budget = makeBudget();
  for (const rule of rules) {
    const trimmed = trimSpace(rule);
    if (trimmed === "") continue;
    patterns.push(parsePattern(cleanPath(slashes(trimmed)), budget));
  }
  return {
    patterns,
    matches(path, parent, into) {
      let matched = false;
      for (let i = 0; i < patterns.length; i++) {
        const pattern = patterns[i]!;
        let match = parent !== undefined && parent[i] === 1;
        if (!match) {
          if (pattern.exclusion !== matched) continue;
          match = pattern.matches(path);
        }
        if (match) {
          if (into !== undefined) into[i] = 1;
          matched = !pattern.exclusion;
        }
      }
      return matched;
    },
  };
}

/** Windows takes both slashes and knows no escapes. */
function slashes(rule: string): string {
  return Deno.build.os === "windows" ? rule.replaceAll("\\", "/") : rule;
}

function parsePattern(rule: string, budget: Budget): Pattern {
  const exclusion = rule.startsWith("!");
  const text = exclusion ? rule.slice(1) : rule;
  if (text === "") {
    throw new FsyncError("use the pattern", rule, "there is nothing behind the exclamation mark");
  }
  guard(text, () => filepathMatch(text, "."));
  let compiled: ((path: string) => boolean) | undefined;
  return {
    text,
    exclusion,
    matches(path) {
      compiled ??= guard(text, () => compile(text, budget));
      return compiled(path);
    },
  };
}

/** A pattern as a message shows it. */
function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

function guard<T>(text: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof BadPattern || error instanceof TooLarge)) throw error;
    throw new FsyncError("use the pattern", shortened(text), `it ${error.message}`);
  }
}

/**
 * Tries the cheap forms first, in patternmatcher's order. That order has quirks: a rule that begins
 * with `**` may count as a plain suffix if nothing else made it a regexp.
 */
function compile(text: string, budget: Budget): (path: string) => boolean {
  const { form, regexp } = translate(text);
  if (form === "exact") return (path) => path === text;
  if (form === "prefix") {
    const prefix = text.slice(0, -2);
    return (path) => path.startsWith(prefix);
  }
  if (form === "suffix") {
    const suffix = text.slice(2);
    const whole = suffix.startsWith("/") ? suffix.slice(1) : undefined;
    return (path) => path.endsWith(suffix) || path === whole;
  }
  const compiled = goRegexp(regexp, budget);
  return (path) => compiled.test(path);
}

type Form = "exact" | "prefix" | "suffix" | "regexp";

function translate(text: string): { form: Form; regexp: string } {
  const chars = Array.from(text);
  let form: Form = "exact";
  let out = "^";
  for (let i = 0; i < chars.length;) {
    const first = i === 0;
    const c = chars[i++]!;
    if (c === "*" && chars[i] === "*") {
      i++;
      if (chars[i] === "/") i++;
      if (i < chars.length) {
        out += "(.*/)?";
        form = "regexp";
      } else if (form === "exact") form = "prefix";
      else {
        out += ".*";
        form = "regexp";
      }
      if (first) form = "suffix";
    } else if (c === "*" || c === "?") {
      out += c === "*" ? "[^/]*" : "[^/]";
      form = "regexp";
    } else if (".+()$".includes(c)) out += `\\${c}`; // not |{}: see go_regexp.ts
    else if (c === "\\") {
      out += c;
      if (i < chars.length) {
        out += chars[i++];
        form = "regexp";
      }
    } else {
      if (c === "[" || c === "]") form = "regexp";
      out += c;
    }
  }
  return { form, regexp: `${out}$` };
}
