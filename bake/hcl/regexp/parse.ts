/** Go's syntax of regular expressions, as `regexp/syntax` has it with Perl's flags. */
import { folded, literal, type Matcher, perlClass, posixClass, unicodeClass } from "./classes.ts";
import { type Assertion, type Node, PatternError } from "./node.ts";

interface Flags {
  fold: boolean;
  multiline: boolean;
  dotAll: boolean;
  ungreedy: boolean;
}

/** A pattern, and its groups' names in their order, "" for those that have none. */
export interface Pattern {
  readonly node: Node;
  readonly names: readonly string[];
}

const MAX_REPEAT = 1000;
const MAX_DEPTH = 200;
const escapes: Record<string, number> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const assertions: Record<string, Assertion> = {
  A: "text start",
  z: "text end",
  b: "word edge",
  B: "no word edge",
};

/** Throws {@link PatternError}. */
export function parse(source: string): Pattern {
  const parser = new Parser(source);
  const node = parser.alternatives({
    fold: false,
    multiline: false,
    dotAll: false,
    ungreedy: false,
  });
  if (parser.more) throw new PatternError("unexpected )", source);
  return { node, names: parser.names };
}

class Parser {
  readonly names: string[] = [];
  readonly #chars: string[];
  #at = 0;
  #depth = 0;

  constructor(private readonly source: string) {
    this.#chars = [...source];
  }

  get more(): boolean {
    return this.#at < this.#chars.length;
  }

  get #next(): string | undefined {
    return this.#chars[this.#at];
  }

  #rest(from = this.#at): string {
    return this.#chars.slice(from).join("");
  }

  #taken(from: number): string {
    return this.#chars.slice(from, this.#at).join("");
  }

  #accept(text: string): boolean {
    if (!this.#chars.slice(this.#at, this.#at + text.length).join("").startsWith(text)) {
      return false;
    }
    this.#at += text.length;
    return true;
  }

  alternatives(flags: Flags): Node {
    if (++this.#depth > MAX_DEPTH) {
      throw new PatternError("expression nests too deeply", this.source);
    }
    const parts: Node[] = [];
    do parts.push(this.#sequence(flags)); while (this.#accept("|"));
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: "any", parts };
  }

  #sequence(flags: Flags): Node {
    const parts: Node[] = [];
    let repeatedAt = -1;
    while (this.more && this.#next !== "|" && this.#next !== ")") {
      const start = this.#at;
      const repeat = this.#repeat();
      if (repeat !== undefined) {
        const of = parts.pop();
        if (of === undefined) {
          const code = "missing argument to repetition operator";
          throw new PatternError(code, this.#taken(start));
        }
        if (repeatedAt >= 0) {
          const code = "invalid nested repetition operator";
          throw new PatternError(code, this.#taken(repeatedAt));
        }
        const [least, most] = repeat;
        const greedy = this.#accept("?") === flags.ungreedy;
        parts.push({ kind: "repeat", of, least, most, greedy });
        repeatedAt = start;
        continue;
      }
      repeatedAt = -1;
      if (this.#accept("\\Q")) {
        parts.push(...this.#quoted(flags));
        continue;
      }
      const part = this.#term(flags);
      if (part !== undefined) parts.push(part);
    }
    if (parts.length === 0) return { kind: "empty" };
    return parts.length === 1 ? parts[0]! : { kind: "all", parts };
  }

  #repeat(): [number, number] | undefined {
    if (this.#accept("*")) return [0, Infinity];
    if (this.#accept("+")) return [1, Infinity];
    if (this.#accept("?")) return [0, 1];
    const found = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#rest());
    if (found === null) return undefined;
    this.#at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === "" ? Infinity : Number(found[3]);
    if (least > MAX_REPEAT || (most !== Infinity && most > MAX_REPEAT) || least > most) {
      throw new PatternError("invalid repeat count", found[0]);
    }
    return [least, most];
  }

  /** Undefined for flags, which set how what follows is read. */
  #term(flags: Flags): Node | undefined {
    const c = this.#next!;
    switch (c) {
      case "(":
        return this.#group(flags);
      case "[":
        return { kind: "class", matches: this.#set(flags) };
      case "\\":
        return this.#escape(flags);
    }
    this.#at++;
    switch (c) {
      case ".":
        return { kind: "class", matches: flags.dotAll ? () => true : (code) => code !== 10 };
      case "^":
        return { kind: "assert", what: flags.multiline ? "line start" : "text start" };
      case "$":
        return { kind: "assert", what: flags.multiline ? "line end" : "text end" };
    }
    return { kind: "class", matches: literal(c.codePointAt(0)!, flags.fold) };
  }

  #group(flags: Flags): Node | undefined {
    const start = this.#at++;
    if (!this.#accept("?")) return this.#capture("", flags);
    const named = /^P?<([^>]*)>/.exec(this.#rest());
    if (named !== null && !/^<[=!]/.test(named[0])) {
      this.#at += named[0].length;
      const name = named[1]!;
      if (!/^\w+$/.test(name)) throw new PatternError("invalid named capture", this.#taken(start));
      return this.#capture(name, flags);
    }
    const found = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.#rest());
    if (found === null || found[0] === ")") {
      const rest = this.#rest(start);
      const shown = /^\(\?(?:P?<?[=!]?|.)?/u.exec(rest)![0];
      throw new PatternError("invalid or unsupported Perl syntax", shown);
    }
    this.#at += found[0].length;
    const [, on = "", off = "", end] = found;
    const changed = end === ")" ? flags : { ...flags };
    for (const flag of on) changed[flagNames[flag]!] = true;
    for (const flag of off) changed[flagNames[flag]!] = false;
    if (end === ")") return undefined;
    return this.#inside(changed);
  }

  #capture(name: string, flags: Flags): Node {
    this.names.push(name);
    const index = this.names.length;
    return { kind: "group", index, of: this.#inside({ ...flags }) };
  }

  #inside(flags: Flags): Node {
    const of = this.alternatives(flags);
    if (!this.#accept(")")) throw new PatternError("missing closing )", this.source);
    return of;
  }

  #escape(flags: Flags): Node | undefined {
    const start = this.#at;
    const what = assertions[this.#chars[start + 1] ?? ""];
    if (what !== undefined) {
      this.#at += 2;
      return { kind: "assert", what };
    }
    const matches = this.#classEscape();
    if (matches !== undefined) {
      return { kind: "class", matches: flags.fold ? folded(matches) : matches };
    }
    return { kind: "class", matches: literal(this.#codeEscape(), flags.fold) };
  }

  /** Each character by itself: a repetition behind them is the last one's. */
  #quoted(flags: Flags): Node[] {
    const parts: Node[] = [];
    while (this.more && !this.#accept("\\E")) {
      const code = this.#chars[this.#at++]!.codePointAt(0)!;
      parts.push({ kind: "class", matches: literal(code, flags.fold) });
    }
    return parts;
  }

  /** `\d`, `\pL`, `\P{Greek}`. */
  #classEscape(): Matcher | undefined {
    const found = /^\\(?:([dswDSW])|([pP])(?:\{([^}]*)\}|(.)))/su.exec(this.#rest());
    if (found === null) return undefined;
    this.#at += [...found[0]].length;
    const [source, letter, p, name, short] = found;
    if (letter !== undefined) return perlClass(letter);
    return unicodeClass(name ?? short!, source, p === "P");
  }

  #codeEscape(): number {
    const rest = this.#rest();
    const hex = /^\\x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]+)\})/.exec(rest);
    const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
    if (hex !== null || octal !== null) {
      this.#at += (hex ?? octal)![0].length;
      const code = hex === null ? parseInt(octal![1]!, 8) : parseInt(hex[1] ?? hex[2]!, 16);
      if (code <= 0x10ffff) return code;
      throw new PatternError("invalid escape sequence", hex![0]);
    }
    const c = this.#chars[this.#at + 1];
    if (c === undefined) throw new PatternError("trailing backslash at end of expression", "");
    this.#at += 2;
    const control = escapes[c];
    if (control !== undefined) return control;
    if (/^[!-/:-@[-^`{-~_]$/.test(c) || c === "`") return c.codePointAt(0)!;
    throw new PatternError("invalid escape sequence", `\\${c}`);
  }

  #set(flags: Flags): Matcher {
    const start = this.#at++;
    const negated = this.#accept("^");
    const parts: Matcher[] = [];
    for (let first = true; first || this.#next !== "]"; first = false) {
      if (!this.more) throw new PatternError("missing closing ]", this.#rest(start));
      parts.push(this.#setItem(start));
    }
    this.#at++;
    const any: Matcher = (code) => parts.some((part) => part(code));
    const matches = flags.fold ? folded(any) : any;
    return negated ? (code) => !matches(code) : matches;
  }

  #setItem(start: number): Matcher {
    const posix = /^\[:([^\]:]*):\]/.exec(this.#rest());
    if (posix !== null) {
      this.#at += posix[0].length;
      return posixClass(posix[1]!);
    }
    const from = this.#at;
    const escaped = this.#classEscape();
    if (escaped !== undefined) return escaped;
    const low = this.#setCode(start);
    if (this.#next !== "-" || this.#chars[this.#at + 1] === "]") return (code) => code === low;
    if (this.#chars[this.#at + 1] === undefined) return (code) => code === low;
    this.#at++;
    const high = this.#setCode(start);
    if (high < low) throw new PatternError("invalid character class range", this.#taken(from));
    return (code) => low <= code && code <= high;
  }

  #setCode(start: number): number {
    if (this.#next === "\\") return this.#codeEscape();
    if (!this.more) throw new PatternError("missing closing ]", this.#rest(start));
    return this.#chars[this.#at++]!.codePointAt(0)!;
  }
}

const flagNames: Record<string, keyof Flags> = {
  i: "fold",
  m: "multiline",
  s: "dotAll",
  U: "ungreedy",
};
