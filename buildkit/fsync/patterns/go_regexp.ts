/**
 * Go's regular expressions, as far as ignore patterns can contain them. moby/patternmatcher defines its pattern language
 * by a translation to a Go regexp, and characters slip through it: `[*]` becomes `[[^/]*]`, `\d` a digit,
 * `[[:alpha:]]` a named class. patternmatcher means to escape `|`, `{` and `}`, but its table of bytes is too small for
 * them, so in a pattern with wildcards they are alternatives and repetitions. An exact matcher reads what that
 * translation gives, by Go's rules.
 *
 * The notation: `^`, a final `$`, `[^/]`, `(.*\/)?`, `.*`, classes, escapes, `|`, and `*`, `?` and `{n,m}` behind one
 * of these or a character; all other punctuation arrives escaped.
 */
import { anyButLineFeed, type Atom, type Automaton, type Budget, compile } from "./automaton.ts";
import type { Item } from "./automaton.ts";
import { BadPattern } from "../../../base/go/path_match.ts";
import { one, readClass, readEscape } from "./go_class.ts";

/** Compiles a Go regexp of that kind. Throws {@link BadPattern} where Go would refuse it. */
export function goRegexp(source: string, budget?: Budget): Automaton {
  const chars = Array.from(source);
  const alternatives: Item[][] = [[]];
  let repeated = true; // the last item takes no repetition: it has one, or there is none
  const add = (atom: Atom) => {
    alternatives.at(-1)!.push({ atom, least: 1, most: 1 });
    repeated = false;
  };
  const repeat = (least: number, most: number) => {
    const last = alternatives.at(-1)!.pop();
    if (last === undefined) throw new BadPattern("repeats nothing");
    if (repeated) throw new BadPattern("repeats a repetition");
    alternatives.at(-1)!.push({ ...last, least, most });
    repeated = true;
  };
  for (let i = 0; i < chars.length;) {
    const c = chars[i]!;
    const braces = c === "{" ? readBraces(chars, i) : undefined;
    if (braces !== undefined) {
      repeat(braces.least, braces.most);
      i = braces.next;
    } else if (c === "*" || c === "?") {
      repeat(0, c === "*" ? Infinity : 1);
      i++;
    } else if (c === "[" || (c === "\\" && chars[i + 1] !== "Q")) {
      const { atom, next } = c === "[" ? readClass(chars, i + 1) : readEscape(chars, i);
      add(atom);
      i = next;
    } else if (c === "\\") {
      for (i += 2; i < chars.length && !(chars[i] === "\\" && chars[i + 1] === "E"); i++) {
        add(one(chars[i]!.codePointAt(0)!));
      }
      i += 2;
    } else if (c === "(") { // the only group that the translation makes
      add({ kind: "folders" });
      i += "(.*/)".length;
    } else {
      if (c === "|") {
        alternatives.push([]);
        repeated = true;
      } else if (c === "^" || c === "$") add({ kind: "assertion", assertion: c });
      else add(c === "." ? { kind: "set", set: anyButLineFeed } : one(c.codePointAt(0)!));
      i++;
    }
  }
  return compile(alternatives, budget);
}

/** `{n}`, `{n,}` or `{n,m}` of at most 1000; anything else is a brace. */
function readBraces(
  chars: readonly string[],
  start: number,
): { least: number; most: number; next: number } | undefined {
  let end = start + 1;
  while (/^[0-9,]$/.test(chars[end] ?? "")) end++;
  const text = chars.slice(start, end + 1).join("");
  const match = /^\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}$/.exec(text);
  if (match === null) return undefined;
  const least = Number(match[1]);
  const most = match[2] === undefined ? least : Number(match[3] ?? Infinity);
  if (least > 1000 || most > 1000 && most !== Infinity || least > most) {
    throw new BadPattern(`repeats ${match[0]} times`);
  }
  return { least, most, next: end + 1 };
}
