/**
 * Go's regular expressions in JavaScript's notation, as far as ignore patterns can contain them. The pattern language
 * is defined by a translation to a Go regexp, and characters slip through it: `[*]` becomes `[[^/]*]`, `\d` a digit,
 * `[[:alpha:]]` a named class. To be exact is to read what that translation gives by Go's rules, not ours.
 *
 * The notation: `^`, a final `$`, `[^/]`, `(.*\/)?`, `.*`, classes, escapes, `*` and `?` after a class; all other
 * punctuation arrives escaped. A dot is any character but a line feed (JavaScript's knows three more).
 */
import { BadPattern } from "./_go_glob.ts";

/** Compiles a Go regexp of that kind. Throws {@link BadPattern} where Go would refuse it. */
export function goRegexp(source: string): RegExp {
  const chars = Array.from(source);
  let out = "";
  for (let i = 0; i < chars.length;) {
    const c = chars[i]!;
    if (c === "[") {
      const found = readClass(chars, i + 1);
      out += found.out;
      i = found.next;
      continue;
    }
    if (c === "\\") {
      const found = readEscape(chars, i);
      out += found.out;
      i = found.next;
      continue;
    }
    if (c === ".") out += "[^\\n]";
    else if (c === "(") out += "(?:";
    else if ("^$)*?".includes(c)) out += c;
    else out += literal(c.codePointAt(0)!);
    i++;
  }
  return new RegExp(out, "u");
}

interface Read {
  /** In JavaScript's notation. */
  readonly out: string;
  readonly next: number;
}

function literal(point: number): string {
  return /[0-9A-Za-z]/.test(String.fromCodePoint(point))
    ? String.fromCodePoint(point)
    : `\\u{${point.toString(16)}}`;
}

const perlClasses: Record<string, string> = {
  d: "[0-9]",
  D: "[^0-9]",
  s: "[\\t\\n\\f\\r ]",
  S: "[^\\t\\n\\f\\r ]",
  w: "[0-9A-Za-z_]",
  W: "[^0-9A-Za-z_]",
};
const assertions: Record<string, string> = { A: "^", z: "$", b: "\\b", B: "\\B" };

/** An escape outside of a class. */
function readEscape(chars: readonly string[], start: number): Read {
  const c = chars[start + 1];
  if (c === "Q") {
    let out = "";
    let i = start + 2;
    for (; i < chars.length && !(chars[i] === "\\" && chars[i + 1] === "E"); i++) {
      out += literal(chars[i]!.codePointAt(0)!);
    }
    return { out, next: i + 2 };
  }
  const named = assertions[c ?? ""] ?? perlClasses[c ?? ""];
  if (named !== undefined) return { out: named, next: start + 2 };
  if (c === "p" || c === "P") return readUnicodeClass(chars, start);
  const { point, next } = readEscapedPoint(chars, start);
  return { out: literal(point), next };
}

const unicodeClasses: Record<string, string> = {
  C: "[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}]",
  L: "\\p{L}",
  M: "\\p{M}",
  N: "\\p{N}",
  P: "\\p{P}",
  S: "\\p{S}",
  Z: "\\p{Z}",
};

/** `\pL`, `\PL`: braces arrive escaped, which leaves the names of one letter. */
function readUnicodeClass(chars: readonly string[], start: number): Read {
  const set = unicodeClasses[chars[start + 2] ?? ""];
  if (set === undefined) throw new BadPattern("names an unknown class of characters");
  return {
    out: chars[start + 1] === "p" ? `[${set}]` : `[^${set.replace(/^\[|\]$/g, "")}]`,
    next: start + 3,
  };
}

const controls: Record<string, number> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** An escape that stands for one character. */
function readEscapedPoint(
  chars: readonly string[],
  start: number,
): { point: number; next: number } {
  const c = chars[start + 1];
  if (c === undefined) throw new BadPattern("ends with a backslash");
  const control = controls[c];
  if (control !== undefined) return { point: control, next: start + 2 };
  if (c === "x") {
    const digits = `${chars[start + 2] ?? ""}${chars[start + 3] ?? ""}`;
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new BadPattern("has a broken escape \\x");
    return { point: Number.parseInt(digits, 16), next: start + 4 };
  }
  if (/[0-7]/.test(c) && (c === "0" || /[0-7]/.test(chars[start + 2] ?? ""))) {
    let i = start + 2;
    let digits = c;
    while (digits.length < 3 && /^[0-7]$/.test(chars[i] ?? "")) digits += chars[i++];
    return { point: Number.parseInt(digits, 8), next: i };
  }
  const point = c.codePointAt(0)!;
  if (point >= 0x80 || /[0-9A-Za-z]/.test(c)) throw new BadPattern(`has an unknown escape \\${c}`);
  return { point, next: start + 2 };
}

const posixClasses: Record<string, string> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** A class, from behind its bracket. Alternatives, not one class, since negated classes may stand in it. */
function readClass(chars: readonly string[], start: number): Read {
  let i = start;
  const negated = chars[i] === "^";
  if (negated) i++;
  const parts: string[] = [];
  let ranges = "";
  for (let first = true; first || chars[i] !== "]"; first = false) {
    if (i >= chars.length) throw new BadPattern("has a class [ that is not closed");
    const named = readNamedClass(chars, i);
    if (named !== undefined) {
      parts.push(named.out);
      i = named.next;
      continue;
    }
    const lo = readClassPoint(chars, i);
    let hi = lo;
    if (chars[lo.next] === "-" && chars[lo.next + 1] !== undefined && chars[lo.next + 1] !== "]") {
      hi = readClassPoint(chars, lo.next + 1);
    }
    if (hi.point < lo.point) throw new BadPattern("has a class with a range that runs backwards");
    ranges += `${literal(lo.point)}-${literal(hi.point)}`;
    i = hi.next;
  }
  if (ranges !== "") parts.push(`[${ranges}]`);
  const any = parts.join("|");
  return { out: negated ? `(?:(?!${any})[^])` : `(?:${any})`, next: i + 1 };
}

/** `[:alpha:]`, `\d`, `\pL` inside of a class. */
function readNamedClass(chars: readonly string[], start: number): Read | undefined {
  const c = chars[start];
  if (c === "[" && chars[start + 1] === ":") {
    const match = /^\[:(\^?)([^]*?):\]/u.exec(chars.slice(start).join(""));
    if (match === null) return undefined;
    const set = posixClasses[match[2]!];
    if (set === undefined) throw new BadPattern(`names an unknown class of characters ${match[0]}`);
    return { out: `[${match[1]}${set}]`, next: start + Array.from(match[0]).length };
  }
  if (c !== "\\") return undefined;
  const letter = chars[start + 1] ?? "";
  const perl = perlClasses[letter];
  if (perl !== undefined) return { out: perl, next: start + 2 };
  return letter === "p" || letter === "P" ? readUnicodeClass(chars, start) : undefined;
}

function readClassPoint(chars: readonly string[], start: number): { point: number; next: number } {
  const c = chars[start];
  if (c === undefined) throw new BadPattern("has a class [ that is not closed");
  return c === "\\"
    ? readEscapedPoint(chars, start)
    : { point: c.codePointAt(0)!, next: start + 1 };
}
