/** Tuples `[a, b]`, objects `{k = v}`, and the two forms of `for` that make them. */
import { between, Diagnostic, type Range } from "../diagnostic.ts";
import type { Expression, For, ObjectItem } from "../expression.ts";
import { parseExpression } from "./expression_parser.ts";
import type { Peeker } from "./peeker.ts";
import type { Token } from "./token.ts";

/** Parses a tuple, in which newlines don't count. */
export function parseTuple(peeker: Peeker): Expression {
  const open = peeker.read();
  if (isWord(peeker.peek(), "for")) return parseFor(peeker, open);
  const items: Expression[] = [];
  let close = peeker.accept("]");
  while (close === undefined) {
    items.push(parseExpression(peeker));
    if ((close = peeker.accept("]")) !== undefined) break;
    const next = peeker.peek();
    if (next.kind !== ",") throw badItem(next, open);
    peeker.read();
    close = peeker.accept("]");
  }
  return { kind: "tuple", items, range: between(open.range, close.range), start: open.range };
}

function badItem({ kind, range }: Token, open: Token): Diagnostic {
  if (kind === "end of file") {
    return new Diagnostic(
      "Unterminated tuple constructor expression",
      "There is no corresponding closing bracket before the end of the file. This may be caused by " +
        "incorrect bracket nesting elsewhere in this file.",
      open.range,
    );
  }
  return new Diagnostic(
    "Missing item separator",
    "Expected a comma to mark the beginning of the next item.",
    range,
  );
}

/** Parses an object, in which newlines separate the items, as commas do. */
export function parseObject(peeker: Peeker): Expression {
  const open = peeker.read();
  if (peeker.within(false, () => isWord(peeker.peek(), "for"))) {
    return peeker.within(false, () => parseFor(peeker, open));
  }
  return peeker.within(true, () => {
    const items: ObjectItem[] = [];
    let close: Token | undefined;
    while ((close = peeker.accept("}")) === undefined) {
      if (peeker.accept("newline") !== undefined) continue;
      items.push(parseItem(peeker, open));
      const next = peeker.peek();
      if (next.kind === "}") continue;
      if (next.kind !== "," && next.kind !== "newline") throw badSeparator(next, open);
      peeker.read();
    }
    return { kind: "object", items, range: between(open.range, close.range), start: open.range };
  });
}

function parseItem(peeker: Peeker, open: Token): ObjectItem {
  const computed = peeker.peek().kind === "(";
  const key = parseExpression(peeker);
  const next = peeker.peek();
  if (next.kind !== "=" && next.kind !== ":") throw badKey(next, open);
  peeker.read();
  return { key, computed, value: parseExpression(peeker) };
}

function unterminated(open: Token): Diagnostic {
  return new Diagnostic(
    "Unterminated object constructor expression",
    "There is no corresponding closing brace before the end of the file. This may be caused by " +
      "incorrect brace nesting elsewhere in this file.",
    open.range,
  );
}

function badKey({ kind, range }: Token, open: Token): Diagnostic {
  switch (kind) {
    case "newline":
    case ",":
      return new Diagnostic(
        "Missing attribute value",
        'Expected an attribute value, introduced by an equals sign ("=").',
        range,
      );
    case "identifier":
      return new Diagnostic(
        "Missing key/value separator",
        'Expected an equals sign ("=") to mark the beginning of the attribute value. If you ' +
          "intended to given an attribute name containing periods or spaces, write the name in " +
          "quotes to create a string literal.",
        range,
      );
    case "end of file":
      return unterminated(open);
    default:
      return new Diagnostic(
        "Missing key/value separator",
        'Expected an equals sign ("=") to mark the beginning of the attribute value.',
        range,
      );
  }
}

function badSeparator({ kind, range }: Token, open: Token): Diagnostic {
  if (kind === "end of file") return unterminated(open);
  return new Diagnostic(
    "Missing attribute separator",
    "Expected a newline or comma to mark the beginning of the next attribute.",
    range,
  );
}

function isWord({ kind, text }: Token, word: string): boolean {
  return kind === "identifier" && text === word;
}

function badFor(range: Range, detail: string): Diagnostic {
  return new Diagnostic("Invalid 'for' expression", detail, range);
}

const missingIn = {
  expression: "the 'in' keyword after its name declarations.",
  directive: "'in' keyword after names.",
};

/** Parses the names and the collection of a `for`, in an expression or in a template. */
export function parseForHeader(
  peeker: Peeker,
  form: keyof typeof missingIn,
): Pick<For, "keyName" | "valueName" | "source"> {
  const required = (what: string) =>
    new Diagnostic(`Invalid 'for' ${form}`, `For ${form} requires ${what}`, peeker.nextRange);
  const readName = (what: string) => {
    const name = peeker.accept("identifier");
    if (name === undefined) throw required(what);
    return name.text;
  };
  let keyName: string | undefined;
  let valueName = readName("variable name after 'for'.");
  if (peeker.accept(",") !== undefined) {
    keyName = valueName;
    valueName = readName("value variable name after comma.");
  }
  if (!isWord(peeker.peek(), "in")) throw required(missingIn[form]);
  peeker.read();
  return { keyName, valueName, source: parseExpression(peeker) };
}

function parseFor(peeker: Peeker, open: Token): Expression {
  peeker.read();
  const header = parseForHeader(peeker, "expression");
  if (peeker.accept(":") === undefined) {
    const why = "For expression requires a colon after the collection expression.";
    throw badFor(peeker.nextRange, why);
  }
  let key: Expression | undefined;
  let value = parseExpression(peeker);
  if (peeker.accept("=>") !== undefined) {
    key = value;
    value = parseExpression(peeker);
  }
  const ellipsis = peeker.accept("...");
  let condition: Expression | undefined;
  if (isWord(peeker.peek(), "if")) {
    peeker.read();
    condition = parseExpression(peeker);
  }
  const close = peeker.accept(open.kind === "{" ? "}" : "]");
  if (close === undefined) {
    throw badFor(peeker.nextRange, "Extra characters after the end of the 'for' expression.");
  }
  if (open.kind === "{" && key === undefined) {
    throw badFor(value.range, "Key expression is required when building an object.");
  }
  if (open.kind === "[" && key !== undefined) {
    throw badFor(key.range, "Key expression is not valid when building a tuple.");
  }
  if (open.kind === "[" && ellipsis !== undefined) {
    const why = "Grouping ellipsis (...) cannot be used when building a tuple.";
    throw badFor(ellipsis.range, why);
  }
  return {
    kind: "for",
    ...header,
    key,
    value,
    condition,
    group: ellipsis !== undefined,
    range: between(open.range, close.range),
    start: open.range,
  };
}
