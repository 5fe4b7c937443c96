/** The text of a piece of a string, with its escapes and doubled `$` and `%` resolved. */
import { Diagnostic } from "../diagnostic.ts";
import { part } from "./scanner.ts";
import { quote } from "../../../base/go/quote.ts";
import type { Token } from "./token.ts";

const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };
const inQuotes = /\\(?:u[0-9a-fA-F]{0,4}|U[0-9a-fA-F]{0,8}|[^]|$)|(?:\$\$|%%)\{/gu;
const inHeredocs = /(?:\$\$|%%)\{/g;

/** Throws a {@link Diagnostic} for an unknown escape. */
export function unescape(token: Token): string {
  const pattern = token.kind === "quoted text" ? inQuotes : inHeredocs;
  return token.text.replace(pattern, (found: string, at: number) => {
    if (found[0] !== "\\") return found.slice(1);
    const simple = escapes[found.slice(1)];
    if (simple !== undefined) return simple;
    return found[1] === "u" || found[1] === "U" ? codePoint(token, found, at) : fail(
      token,
      found,
      at,
      found.length < 2
        ? "Backslash must be followed by an escape sequence selector character."
        : `The symbol ${quote(found.slice(1))} is not a valid escape sequence selector.`,
    );
  });
}

function codePoint(token: Token, found: string, at: number): string {
  const [digits, words] = found[1] === "u" ? [4, "four"] : [8, "eight"];
  if (found.length !== 2 + Number(digits)) {
    const detail = `The \\${
      found[1]
    } escape sequence must be followed by ${words} hexadecimal digits.`;
    return fail(token, found, at, detail);
  }
  const code = parseInt(found.slice(2), 16);
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
    const hex = code.toString(16).padStart(4, "0");
    return fail(token, found, at, `Cannot encode character U+${hex} in UTF-8.`);
  }
  return String.fromCodePoint(code);
}

function fail(token: Token, found: string, at: number, detail: string): never {
  throw new Diagnostic("Invalid escape sequence", detail, part(token, at, at + found.length));
}
