/** Parses the outer grammar: attributes and blocks, one on each line. */
import { before, between, Diagnostic, type Range, rangeText } from "../diagnostic.ts";
import type { Attribute, Body } from "../body.ts";
import { type NativeBlock, nativeBody } from "../native_body.ts";
import { parseExpression } from "./expression_parser.ts";
import { Peeker } from "./peeker.ts";
import { scan } from "./scanner.ts";
import { unescape } from "./string_literal.ts";
import type { Token } from "./token.ts";
import { quote } from "../../../base/go/quote.ts";

/** Parses a whole file. Throws a {@link Diagnostic}. */
export function parseBody(text: string, file: string, broken = false): Body {
  const peeker = new Peeker(scan(text, file, undefined, "expression", broken));
  return body(peeker, "end of file");
}

function body(peeker: Peeker, end: "}" | "end of file"): Body {
  const attributes = new Map<string, Attribute>();
  const blocks: NativeBlock[] = [];
  const start = peeker.previousRange;
  for (;;) {
    const next = peeker.peek();
    if (next.kind === end) {
      peeker.read();
      return nativeBody(attributes, blocks, before(start));
    }
    if (next.kind === "newline") peeker.read();
    else if (next.kind === "identifier") {
      const found = item(peeker);
      if ("type" in found) blocks.push(found);
      else add(attributes, found);
    } else throw unexpected(next, end, start);
  }
}

function add(attributes: Map<string, Attribute>, attribute: Attribute): void {
  const { name, nameRange } = attribute;
  const first = attributes.get(name);
  if (first !== undefined) {
    throw new Diagnostic(
      "Attribute redefined",
      `The argument ${quote(name)} was already set at ${rangeText(first.nameRange)}. ` +
        "Each argument may be set only once.",
      nameRange,
    );
  }
  attributes.set(name, attribute);
}

function unexpected({ kind, range }: Token, end: string, start: Range): Diagnostic {
  if (kind === "open quote") {
    return new Diagnostic("Invalid argument name", "Argument names must not be quoted.", range);
  }
  if (kind === "end of file" && end === "}") return unclosed(start);
  return required(range);
}

function unclosed(range: Range): Diagnostic {
  return new Diagnostic(
    "Unclosed configuration block",
    "There is no closing brace for this block before the end of the file. This may be caused by " +
      "incorrect brace nesting elsewhere in this file.",
    range,
  );
}

function required(range: Range, hint = ""): Diagnostic {
  return new Diagnostic(
    "Argument or block definition required",
    `An argument or block definition is required here.${hint}`,
    range,
  );
}

const setHint = ' To set an argument, use the equals sign "=" to introduce the argument value.';

function item(peeker: Peeker): Attribute | NativeBlock {
  const name = peeker.read();
  switch (peeker.peek().kind) {
    case "=":
      return attribute(peeker, name, false);
    case "open quote":
    case "{":
    case "identifier":
      return peeker.nested(() => block(peeker, name));
    default:
      throw required(name.range, setHint);
  }
}

function attribute(peeker: Peeker, name: Token, oneLine: boolean): Attribute {
  peeker.read();
  const expression = parseExpression(peeker);
  const end = peeker.previousRange;
  if (!oneLine) endOfLine(peeker);
  return {
    name: name.text,
    expression,
    fixed: expression,
    range: between(name.range, end),
    nameRange: name.range,
  };
}

function endOfLine(peeker: Peeker): void {
  const end = peeker.peek();
  if (end.kind === "newline") peeker.read();
  else if (end.kind === ",") {
    throw new Diagnostic(
      "Unexpected comma after argument",
      "Argument definitions must be separated by newlines, not commas. " +
        "An argument definition must end with a newline.",
      end.range,
    );
  } else if (end.kind !== "end of file") {
    throw new Diagnostic(
      "Missing newline after argument",
      "An argument definition must end with a newline.",
      end.range,
    );
  }
}

function block(peeker: Peeker, type: Token): NativeBlock {
  const labels: string[] = [], labelRanges: Range[] = [];
  let open: Token | undefined;
  while ((open = peeker.accept("{")) === undefined) {
    const next = peeker.peek();
    if (next.kind !== "open quote" && next.kind !== "identifier") throw badHeader(next);
    const [label, range] = next.kind === "identifier" ? name(peeker) : quotedLabel(peeker);
    labels.push(label);
    labelRanges.push(range);
  }
  const { kind } = peeker.peek();
  const lines = kind === "newline" || kind === "end of file" || kind === "}";
  const inner = lines ? body(peeker, "}") : oneAttribute(peeker, open.range);
  const after = peeker.peek();
  if (after.kind === "newline") peeker.read();
  else if (after.kind !== "end of file") {
    throw new Diagnostic(
      "Missing newline after block definition",
      "A block definition must end with a newline.",
      after.range,
    );
  }
  return {
    type: type.text,
    labels,
    labelRanges,
    body: inner,
    range: between(type.range, labelRanges.at(-1) ?? type.range),
    typeRange: type.range,
    openRange: open.range,
  };
}

function badHeader({ kind, range }: Token): Diagnostic {
  const detail = kind === "="
    ? 'The equals sign "=" indicates an argument definition, and must not be used when defining a ' +
      "block."
    : kind === "newline"
    ? 'A block definition must have block content delimited by "{" and "}", starting on the same ' +
      "line as the block header."
    : 'Either a quoted string block label or an opening brace ("{") is expected here.';
  return new Diagnostic("Invalid block definition", detail, range);
}

function name(peeker: Peeker): [string, Range] {
  const { text, range } = peeker.read();
  return [text, range];
}

/** A quoted string without templates. */
function quotedLabel(peeker: Peeker): [string, Range] {
  const open = peeker.read();
  let label = "";
  for (;;) {
    const token = peeker.read();
    switch (token.kind) {
      case "close quote":
        return [label, between(open.range, token.range)];
      case "quoted text":
        label += unescape(token);
        break;
      case "${":
      case "%{": {
        const sign = token.kind[0];
        throw new Diagnostic(
          "Invalid string literal",
          `Template sequences are not allowed in this string. To include a literal "${sign}", ` +
            `double it (as "${sign}${sign}") to escape it.`,
          token.range,
        );
      }
      default:
        throw new Diagnostic(
          "Unterminated string literal",
          "Unable to find the closing quote mark before the end of the file.",
          token.range,
        );
    }
  }
}

/** `block { name = value }`, all on one line. */
function oneAttribute(peeker: Peeker, open: Range): Body {
  const name = peeker.read();
  if (name.kind !== "identifier") throw required(name.range);
  const next = peeker.peek();
  if (next.kind === "open quote" || next.kind === "{" || next.kind === "identifier") {
    throw new Diagnostic(
      "Argument definition required",
      "A single-line block definition can contain only a single argument. If you meant to define " +
        `argument ${quote(name.text)}, use an equals sign to assign it a value. To define a ` +
        "nested block, place it on a line of its own within its parent block.",
      between(name.range, next.range),
    );
  }
  if (next.kind !== "=") throw required(name.range, setHint);
  const only = attribute(peeker, name, true);
  if (peeker.accept("}") === undefined) throw unclosedLine(peeker.peek(), open);
  return nativeBody(new Map([[only.name, only]]), [], before(only.range));
}

function unclosedLine({ kind, range }: Token, open: Range): Diagnostic {
  if (kind === "end of file") return unclosed(open);
  const detail = kind === ","
    ? "Single-line block syntax can include only one argument definition. To define multiple " +
      "arguments, use the multi-line block syntax with one argument definition per line."
    : kind === "newline"
    ? "An argument definition on the same line as its containing block creates a single-line block " +
      "definition, which must also be closed on the same line. Place the block's closing brace " +
      "immediately after the argument definition."
    : "A single-line block definition must end with a closing brace immediately after its single " +
      "argument definition.";
  return new Diagnostic("Invalid single-argument block definition", detail, range);
}
