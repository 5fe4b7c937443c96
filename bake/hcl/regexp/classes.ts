/** Sets of characters: `[a-z]`, `\d`, `[[:alpha:]]`, `\p{Greek}`. */
import { PatternError } from "./node.ts";

export type Matcher = (code: number) => boolean;

const perl: Record<string, RegExp> = {
  d: /^[0-9]$/,
  s: /^[\t\n\f\r ]$/,
  w: /^[0-9A-Za-z_]$/,
};

const posix: Record<string, RegExp> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  ascii: /^\p{ASCII}$/u,
  blank: /^[\t ]$/,
  cntrl: /^(?![ -~])\p{ASCII}$/u,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t\n\v\f\r ]$/,
  upper: /^[A-Z]$/,
  word: /^[0-9A-Za-z_]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

function by(pattern: RegExp, negated: boolean): Matcher {
  return (code) => pattern.test(String.fromCodePoint(code)) !== negated;
}

/** `\d` and its kind, by the letter; undefined for a letter that is none. */
export function perlClass(letter: string): Matcher | undefined {
  const pattern = perl[letter.toLowerCase()];
  return pattern && by(pattern, letter !== letter.toLowerCase());
}

/** `[:alpha:]`, `[:^alpha:]`, without the brackets and colons. */
export function posixClass(name: string): Matcher {
  const negated = name.startsWith("^");
  const pattern = posix[negated ? name.slice(1) : name];
  if (pattern !== undefined) return by(pattern, negated);
  throw new PatternError("invalid character class range", `[:${name}:]`);
}

/** A general category or a script, by what stands behind `\p` or `\P`. */
export function unicodeClass(name: string, source: string, negated: boolean): Matcher {
  const inner = name.startsWith("^");
  const property = inner ? name.slice(1) : name;
  if (property === "Any") return () => negated === inner;
  for (const form of [property, `Script=${property}`]) {
    if (form === property && property.length > 2) continue;
    try {
      return by(new RegExp(`^\\p{${form}}$`, "u"), negated !== inner);
    } catch {
      continue;
    }
  }
  throw new PatternError("invalid character class range", source);
}

/** One character, or its other cases too. */
export function literal(code: number, fold: boolean): Matcher {
  if (!fold) return (other) => other === code;
  return folded((other) => other === code);
}

/** A class that takes a character in any case. */
export function folded(matches: Matcher): Matcher {
  return (code) => {
    if (matches(code)) return true;
    const character = String.fromCodePoint(code);
    const others = [character.toLowerCase(), character.toUpperCase()];
    others.push(others[1]!.toLowerCase());
    return others.some((other) =>
      other !== character && [...other].length === 1 && matches(other.codePointAt(0)!)
    );
  };
}
