/** Functions of strings. A character is a grapheme cluster. */
import { isSpace, trimSpace } from "../../../base/go/space.ts";
import { ArgumentError, type Func, FunctionError } from "../function.ts";
import { compareText, countGraphemes, graphemes } from "../values/text.ts";
import { STRING } from "../values/type.ts";
import { elementsOf, integerOf, listOf, stringOf, type Value } from "../values/value.ts";
import { type Budget, checkLength } from "../../budget.ts";
import { type Args, define, type Functions, integerIn, textIn } from "./define.ts";

function change(params: string, map: (...texts: string[]) => string): Func {
  return define(params, (args) => stringOf(map(...args.map(textIn))));
}

function texts(values: readonly string[]): Value {
  return listOf(STRING, values.map(stringOf));
}

/** Upper case as in Go, which keeps a character whose upper case has several: `ß` stays. */
function upper(text: string): string {
  return text.replace(/\P{ASCII}|[a-z]/gu, (c) => {
    const big = c.toUpperCase();
    return [...big].length === 1 ? big : c;
  });
}

function lower(text: string): string {
  return text.replace(/\P{ASCII}|[A-Z]/gu, (c) => {
    const small = c.toLowerCase();
    return [...small].length === 1 ? small : [...small][0]!;
  });
}

/** Makes the first letter of each word large. Spaces and the other ASCII characters part words. */
function title(text: string): string {
  let words = "", before = " ";
  for (const character of text) {
    const inWord = before <= "\x7f" ? /\w/.test(before) : !isSpace(before);
    words += inWord ? character : titleCase(character);
    before = character;
  }
  return words;
}

/** The title case of a character. Double letters, such as `ǆ`, have a form of their own. */
function titleCase(character: string): string {
  const code = character.codePointAt(0)!;
  for (const first of [0x1c4, 0x1c7, 0x1ca, 0x1f1]) {
    if (code >= first && code < first + 3) return String.fromCodePoint(first + 1);
  }
  return upper(character);
}

function chomp(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end--;
  return text.slice(0, end);
}

function trimAny(text: string, cutset: string): string {
  const cut = new Set(cutset);
  const all = [...text];
  let start = 0, end = all.length;
  while (start < end && cut.has(all[start]!)) start++;
  while (end > start && cut.has(all[end - 1]!)) end--;
  return all.slice(start, end).join("");
}

function substr([text, offsetValue, lengthValue]: Args, budget: Budget): Value {
  const all = graphemes(textIn(text), budget);
  let offset = integerIn(offsetValue);
  const length = integerIn(lengthValue);
  if (offset < 0) offset += all.length;
  else if (length === 0) return stringOf("");
  const rest = all.slice(Math.max(offset, 0));
  // A length of 0 from the end means all the rest, as a negative length does.
  return stringOf(rest.slice(0, length <= 0 ? undefined : length).join(""));
}

function join([separator, ...lists]: Args): Value {
  if (lists.length === 0) throw new FunctionError("at least one list is required");
  const items = lists.flatMap((list, i) =>
    elementsOf(list).map((element, at) => {
      if (element.content !== null) return textIn(element);
      const where = lists.length > 1 ? ` of list ${i + 1}` : "";
      const detail = `element ${at}${where} is null; cannot concatenate null values`;
      throw new ArgumentError(i + 1, detail);
    })
  );
  const length = items.reduce((sum, item) => sum + item.length, 0);
  checkLength(length + items.length * textIn(separator).length);
  return stringOf(items.join(textIn(separator)));
}

function sort([list]: Args): Value {
  const items = elementsOf(list).map((element, i) => {
    if (element.content !== null) return textIn(element);
    throw new FunctionError(
      `given list element ${i} is null; a null string cannot be sorted`,
    );
  });
  return texts(items.sort(compareText));
}

function split(separator: string, text: string): string[] {
  return separator === "" ? [...text] : text.split(separator);
}

function replace(text: string, from: string, to: string): string {
  const pieces = from === "" ? ["", ...text, ""] : text.split(from);
  checkLength(text.length + pieces.length * to.length);
  if (from !== "") return pieces.join(to);
  return to + [...text].map((c) => c + to).join("");
}

function indent([spaces, text]: Args): Value {
  const count = integerIn(spaces);
  if (count < 0) throw new FunctionError("the number of spaces must not be negative");
  const lines = textIn(text).split("\n");
  checkLength(lines.length * count);
  return stringOf(lines.join(`\n${" ".repeat(count)}`));
}

export const functions: Functions = {
  upper: change("str:string", upper),
  lower: change("str:string", lower),
  title: change("str:string", title),
  reverse: define(
    "str:string",
    ([str], budget) => stringOf(graphemes(textIn(str), budget).reverse().join("")),
  ),
  strlen: define(
    "str:string",
    ([str], budget) => integerOf(countGraphemes(textIn(str), budget)),
  ),
  trimspace: change("str:string", (text) => trimSpace(text)),
  trim: change("str:string cutset:string", trimAny),
  trimprefix: change(
    "str:string prefix:string",
    (text, prefix) => text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimsuffix: change(
    "str:string suffix:string",
    (text, suffix) => text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  chomp: change("str:string", chomp),
  indent: define("spaces:number str:string", indent),
  substr: define("str:string offset:number length:number", substr),
  replace: change("str:string substr:string replace:string", replace),
  split: define(
    "separator:string str:string",
    ([separator, text]) => texts(split(textIn(separator), textIn(text))),
  ),
  join: define("separator:string ...lists:strings", join),
  sort: define("list:strings", sort),
};
