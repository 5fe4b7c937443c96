/**
 * The language of ignore files and of the daemon's include and exclude lists, exactly as
 * moby/patternmatcher reads it, because the rules decide which files a build sees.
 *
 * Rules are applied in order and the last that matches wins; `!` at the front takes entries out
 * again. A rule that matches a folder matches everything in it. A rule is matched against the whole
 * path: `*` is a run of characters but `/`, `?` one of them, `[…]` a class, `\x` the character x,
 * `**` any number of path components.
 *
 * patternmatcher defines the language by a translation to Go's regular expressions, and characters
 * slip through it: `[*]` becomes `[[^/]*]`, `\d` a digit, `[[:alpha:]]` a named class. It means to
 * escape `|`, `{` and `}`, but its table of bytes is too small for them, so in a pattern with
 * wildcards they are alternatives and repetitions.
 */
import { errorText } from "../../../base/error_text.ts";
import { BadPattern, filepathMatch } from "../../../base/go/path_match.ts";
import { trimSpace } from "../../../base/go/space.ts";
import { cleanPath } from "../../../base/paths.ts";
import { FsyncError } from "../errors.ts";

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
 * Reads rules. Blank ones are dropped, and so is the white space around the others. Rejects with
 * {@link FsyncError} that names the rule whose syntax is wrong.
 */
export async function parsePatterns(rules: readonly string[]): Promise<PatternList> {
  const texts = rules.map((rule) => trimSpace(rule)).filter((rule) => rule !== "")
    .map((rule) => cleanPath(slashes(rule)));
  const go = texts.some(needsGo) ? await goRegexps() : undefined;
  const patterns = texts.map((text) => parsePattern(text, go));
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

/** Whether a path matches. */
type Matcher = (path: string) => boolean;

function parsePattern(rule: string, go?: (source: string) => Matcher): Pattern {
  const exclusion = rule.startsWith("!");
  const text = exclusion ? rule.slice(1) : rule;
  if (text === "") {
    throw new FsyncError("use the pattern", rule, "there is nothing behind the exclamation mark");
  }
  guard(text, () => filepathMatch(text, "."));
  let compiled: Matcher | undefined;
  return {
    text,
    exclusion,
    matches: (path) => (compiled ??= guard(text, () => compile(text, go)))(path),
  };
}

function guard<T>(text: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error;
    const shown = text.length <= 200 ? text : `${text.slice(0, 200)}…`;
    throw new FsyncError("use the pattern", shown, `it ${error.message}`);
  }
}

/**
 * Tries the cheap forms first, in patternmatcher's order. That order has quirks: a rule that begins
 * with `**` may count as a plain suffix if nothing else made it a regexp.
 */
function compile(text: string, go?: (source: string) => Matcher): Matcher {
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
  if (needsGo(text)) return go!(regexp);
  // The slash behind `**` may match nothing.
  const end = text.slice(Math.max(text.lastIndexOf("*"), text.lastIndexOf("?")) + 1)
    .replace(/^\//, "");
  const native = new RegExp(regexp.replaceAll(".*", "[^\\n]*"), "u");
  return (path) => path.endsWith(end) && native.test(path);
}

/**
 * Whether a rule with wildcards needs Go's regular expressions. JavaScript's engine backtracks:
 * twelve `**` and `/` in a row keep it busy for ever, and a daemon chooses the rules. Three
 * wildcards have few ways to match.
 */
function needsGo(text: string): boolean {
  return /[[\]{}|^\\]/.test(text) || text.split(/\*\*?/).length > 4;
}

/** The most work for the rules of one list, in instructions of their expressions: 1 to 2 s. */
const MOST_WORK = 100_000;

/**
 * Compiles Go's regular expressions, with a limit on all of them together. Their time grows with
 * the text alone. The library takes 7 ms to load, and few builds need it.
 */
async function goRegexps(): Promise<(source: string) => Matcher> {
  const { RE2JS } = await import("re2js");
  let left = MOST_WORK;
  return (source) => {
    left -= source.length;
    for (const [, least, most] of source.matchAll(/\{(\d{1,5})(?:,(\d{0,5}))?\}/g)) {
      left -= Math.max(Number(least), Number(most ?? 0));
    }
    if (left < 0) throw new BadPattern("repeats too much");
    try {
      // Behind the last `:]`, no `[:` begins a named class. re2js would look for the end of each.
      const at = source.includes("\\Q") ? source.length : source.lastIndexOf(":]") + 1;
      const compiled = RE2JS.compile(
        source.slice(0, at) + source.slice(at).replaceAll("[:", "[\\:"),
      );
      return (path) => compiled.test(path);
    } catch (error) {
      const reason = errorText(error).replace(/^error parsing regexp: /, "");
      throw new BadPattern(`is not a valid regular expression: ${reason}`);
    }
  };
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
    } else if (".+()$".includes(c)) out += `\\${c}`; // not |{}: patternmatcher misses them
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
