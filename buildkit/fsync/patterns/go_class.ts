/** Escapes and classes of Go's regular expressions, in JavaScript's notation: see `go_regexp.ts`. */
import { BadPattern } from "./glob.ts";

export interface Read {
  /** In JavaScript's notation. */
  readonly out: string;
  readonly next: number;
}

export function literal(point: number): string {
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
export function readEscape(chars: readonly string[], start: number): Read {
  const c = chars[start + 1];
  const named = assertions[c ?? ""] ?? perlClasses[c ?? ""];
  if (named !== undefined) return { out: named, next: start + 2 };
  if (c === "p" || c === "P") return readUnicodeClass(chars, start);
  const { point, next } = readEscapedPoint(chars, start);
  return { out: literal(point), next };
}

/** `\pL`, `\PL`, `\p{Lu}`, `\p{^Greek}`: a general category or a script. */
function readUnicodeClass(chars: readonly string[], start: number): Read {
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
    const out = `\\${negated ? "P" : "p"}{${property}}`;
    if (compiles(out)) return { out, next };
  }
  throw new BadPattern(`names an unknown class of characters ${name}`);
}

function compiles(source: string): boolean {
  try {
    return new RegExp(source, "u") !== undefined;
  } catch {
    return false;
  }
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
    const match = /^\{([0-9A-Fa-f]+)\}/.exec(chars.slice(start + 2).join(""));
    const point = Number.parseInt(match?.[1] ?? "", 16);
    if (!(point <= 0x10ffff)) throw new BadPattern("has a broken escape \\x");
    return { point, next: start + 2 + match![0].length };
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
export function readClass(chars: readonly string[], start: number): Read {
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
