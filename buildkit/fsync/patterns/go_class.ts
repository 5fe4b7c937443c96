/** Escapes and classes of Go's regular expressions as sets of characters: see `go_regexp.ts`. */
import { maybe } from "../../../base/maybe.ts";
import { type Assertion, type Atom, type CharSet, isWord } from "./automaton.ts";
import { BadPattern } from "../../../base/go/path_match.ts";

/** An atom, and the index of the first character after it. */
interface Read<T = Atom> {
  readonly atom: T;
  readonly next: number;
}

type SetAtom = Extract<Atom, { kind: "set" }>;

/** A range of code points, both ends included. */
type Range = readonly [lo: number, hi: number];

const everyBound = Array.from({ length: 128 }, (_, i) => i);

/** The atom of one character. */
export function one(point: number): SetAtom {
  return { kind: "set", set: { has: (other) => other === point, bounds: [point, point + 1] } };
}

function ofRanges(ranges: readonly Range[]): CharSet {
  return {
    has: (point) => ranges.some(([lo, hi]) => lo <= point && point <= hi),
    bounds: ranges.flatMap(([lo, hi]) => [lo, hi + 1]),
  };
}

function not({ has, bounds }: CharSet): CharSet {
  return { has: (point) => !has(point), bounds };
}

/** Ranges written as pairs of characters: `09az`. */
function pairs(text: string): CharSet {
  const ranges: Range[] = [];
  for (let i = 0; i < text.length; i += 2) {
    ranges.push([text.charCodeAt(i), text.charCodeAt(i + 1)]);
  }
  return ofRanges(ranges);
}

const word: CharSet = { has: isWord, bounds: pairs("09AZ__az").bounds };
const digit = pairs("09");
const space = pairs("\t\n\f\f\r\r  ");
const perlClasses: Record<string, CharSet> = {
  d: digit,
  D: not(digit),
  s: space,
  S: not(space),
  w: word,
  W: not(word),
};
const assertions: Record<string, Assertion> = { A: "^", z: "$", b: "b", B: "B" };

/** An escape outside of a class. */
export function readEscape(chars: readonly string[], start: number): Read {
  const letter = chars[start + 1] ?? "";
  const assertion = assertions[letter];
  if (assertion !== undefined) {
    return { atom: { kind: "assertion", assertion }, next: start + 2 };
  }
  const named = readPerlClass(chars, start);
  if (named !== undefined) return { atom: { kind: "set", set: named.atom }, next: named.next };
  const { point, next } = readEscapedPoint(chars, start);
  return { atom: one(point), next };
}

/** `\d`, `\pL` and their like; undefined for another escape. */
function readPerlClass(chars: readonly string[], start: number): Read<CharSet> | undefined {
  const letter = chars[start + 1] ?? "";
  const perl = perlClasses[letter];
  if (perl !== undefined) return { atom: perl, next: start + 2 };
  return letter === "p" || letter === "P" ? readUnicodeClass(chars, start) : undefined;
}

/** `\pL`, `\PL`, `\p{Lu}`, `\p{^Greek}`: a general category or a script. */
function readUnicodeClass(chars: readonly string[], start: number): Read<CharSet> {
  let next = start + 3;
  let name = chars[start + 2] ?? "";
  if (name === "{") {
    next = chars.indexOf("}", start) + 1;
    if (next === 0) throw new BadPattern("names a class of characters without an end");
    name = chars.slice(start + 3, next - 1).join("");
  }
  const negated = (chars[start + 1] === "P") !== name.startsWith("^");
  const plain = name.replace(/^\^/, "");
  for (const property of [`gc=${plain}`, `Script=${plain}`, plain]) {
    const known = compiles(`^\\p{${property}}`);
    if (known === undefined) continue;
    const set: CharSet = {
      has: (point) => known.test(String.fromCodePoint(point)),
      bounds: everyBound,
    };
    return { atom: negated ? not(set) : set, next };
  }
  throw new BadPattern(`names an unknown class of characters ${name}`);
}

function compiles(source: string): RegExp | undefined {
  return maybe(() => new RegExp(source, "u"));
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
  if (c === "x" && chars[start + 2] === "{") {
    let end = start + 3;
    let point = 0;
    for (; /^[0-9A-Fa-f]$/.test(chars[end] ?? "") && point <= 0x10ffff; end++) {
      point = point * 16 + Number.parseInt(chars[end]!, 16);
    }
    if (end === start + 3 || chars[end] !== "}" || point > 0x10ffff) {
      throw new BadPattern("has a broken escape \\x");
    }
    return { point, next: end + 1 };
  }
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

const posixClasses: Record<string, CharSet> = {
  alnum: pairs("09AZaz"),
  alpha: pairs("AZaz"),
  ascii: pairs("\0\x7f"),
  blank: pairs("\t\t  "),
  cntrl: pairs("\0\x1f\x7f\x7f"),
  digit,
  graph: pairs("!~"),
  lower: pairs("az"),
  print: pairs(" ~"),
  punct: pairs("!/:@[`{~"),
  space: pairs("\t\r  "),
  upper: pairs("AZ"),
  word,
  xdigit: pairs("09AFaf"),
};

/** A class, from behind its bracket. */
export function readClass(chars: readonly string[], start: number): Read {
  let i = start;
  const negated = chars[i] === "^";
  if (negated) i++;
  const parts: CharSet[] = [];
  const ranges: Range[] = [];
  // Where no name ends behind one `[:`, none ends behind a later one. To look again at each would take
  // quadratic time.
  let mayName = true;
  for (let first = true; first || chars[i] !== "]"; first = false) {
    if (i >= chars.length) throw new BadPattern("has a class [ that is not closed");
    const named = chars[i] === "\\" || mayName ? readNamedClass(chars, i) : undefined;
    if (named === undefined && chars[i] === "[" && chars[i + 1] === ":") mayName = false;
    if (named !== undefined) {
      parts.push(named.atom);
      i = named.next;
      continue;
    }
    const lo = readClassPoint(chars, i);
    let hi = lo;
    if (chars[lo.next] === "-" && chars[lo.next + 1] !== undefined && chars[lo.next + 1] !== "]") {
      hi = readClassPoint(chars, lo.next + 1);
    }
    if (hi.point < lo.point) throw new BadPattern("has a class with a range that runs backwards");
    ranges.push([lo.point, hi.point]);
    i = hi.next;
  }
  parts.push(ofRanges(ranges));
  const set: CharSet = {
    has: (point) => parts.some((part) => part.has(point)) !== negated,
    bounds: parts.flatMap((part) => part.bounds),
  };
  return { atom: { kind: "set", set }, next: i + 1 };
}

/** `[:alpha:]`, `\d`, `\pL` inside of a class. */
function readNamedClass(chars: readonly string[], start: number): Read<CharSet> | undefined {
  if (chars[start] === "\\") return readPerlClass(chars, start);
  if (chars[start] !== "[" || chars[start + 1] !== ":") return undefined;
  const end = endOfName(chars, start + 2);
  if (end === undefined) return undefined;
  const name = chars.slice(start + 2, end).join("");
  const set = posixClasses[name.replace(/^\^/, "")];
  if (set === undefined) throw new BadPattern(`names an unknown class of characters [:${name}:]`);
  return { atom: name.startsWith("^") ? not(set) : set, next: end + 2 };
}

/** The index of the next `:]`. */
function endOfName(chars: readonly string[], start: number): number | undefined {
  for (let i = chars.indexOf(":", start); i >= 0; i = chars.indexOf(":", i + 1)) {
    if (chars[i + 1] === "]") return i;
  }
  return undefined;
}

function readClassPoint(chars: readonly string[], start: number): { point: number; next: number } {
  const c = chars[start];
  if (c === undefined) throw new BadPattern("has a class [ that is not closed");
  return c === "\\"
    ? readEscapedPoint(chars, start)
    : { point: c.codePointAt(0)!, next: start + 1 };
}
