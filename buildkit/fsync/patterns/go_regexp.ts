/**
 * Go's regular expressions in JavaScript's notation, as far as ignore patterns can contain them. The pattern language
 * is defined by a translation to a Go regexp, and characters slip through it: `[*]` becomes `[[^/]*]`, `\d` a digit,
 * `[[:alpha:]]` a named class; and patternmatcher means to escape `|`, `{` and `}`, but looks them up in a table of
 * bytes that is too small for them, so in a pattern with wildcards they are alternatives and repetitions. To be exact
 * is to read what that translation gives by Go's rules, not ours.
 *
 * The notation: `^`, a final `$`, `[^/]`, `(.*\/)?`, `.*`, classes, escapes, `|`, and `*`, `?` and `{n,m}` behind one
 * of these or a character; all other punctuation arrives escaped. A dot is any character but a line feed
 * (JavaScript's knows three more).
 */
import { literal, readClass, readEscape } from "./go_class.ts";
import { BadPattern } from "./glob.ts";

/** Compiles a Go regexp of that kind. Throws {@link BadPattern} where Go would refuse it. */
export function goRegexp(source: string): RegExp {
  const chars = Array.from(source);
  const out: string[] = []; // one element for what a repetition applies to
  let repeated = false; // the last one has one already: Go takes no second
  const repeat = (operator: string) => {
    const last = out.pop();
    if (last === undefined || last === "|") throw new BadPattern("repeats nothing");
    if (repeated) throw new BadPattern("repeats a repetition");
    out.push(`(?:${last})${operator}`);
    repeated = true;
  };
  for (let i = 0; i < chars.length;) {
    const c = chars[i]!;
    const braces = c === "{" ? readBraces(chars, i) : undefined;
    if (c === "*" || c === "?" || braces !== undefined) {
      repeat(braces?.out ?? c);
      i = braces?.next ?? i + 1;
      continue;
    }
    repeated = false;
    if (c === "[" || (c === "\\" && chars[i + 1] !== "Q")) {
      const found = c === "[" ? readClass(chars, i + 1) : readEscape(chars, i);
      out.push(found.out);
      i = found.next;
    } else if (c === "\\") {
      for (i += 2; i < chars.length && !(chars[i] === "\\" && chars[i + 1] === "E"); i++) {
        out.push(literal(chars[i]!.codePointAt(0)!));
      }
      i += 2;
    } else if (c === "(") { // the only group that the translation makes
      out.push("(?:[^\\n]*\\/)");
      i += "(.*/)".length;
    } else {
      if (c === ".") out.push("[^\\n]");
      else out.push("^$|".includes(c) ? c : literal(c.codePointAt(0)!));
      i++;
    }
  }
  return new RegExp(out.join(""), "u");
}

/** `{n}`, `{n,}` or `{n,m}` of at most 1000; anything else is a brace. */
function readBraces(
  chars: readonly string[],
  start: number,
): { out: string; next: number } | undefined {
  const match = /^\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}/.exec(chars.slice(start).join(""));
  if (match === null) return undefined;
  const [least, most] = [Number(match[1]), Number(match[3] ?? match[1])];
  if (least > 1000 || most > 1000 || least > most) {
    throw new BadPattern(`repeats ${match[0]} times`);
  }
  return { out: match[0], next: start + match[0].length };
}
