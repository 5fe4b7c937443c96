/** Parses JSON with the range of each value, and explains frequent mistakes. */
import { BigFloat } from "../values/big_float.ts";
import { between, Diagnostic, type Range } from "../diagnostic.ts";
import { type JsonToken, scanJson } from "./json_scanner.ts";
import { didYouMean } from "../values/text.ts";
import { quote } from "../../../base/go/quote.ts";

interface Node<Kind extends string> {
  readonly kind: Kind;
  readonly range: Range;
  /** The range of the first token. */
  readonly start: Range;
}

export type JsonNode =
  | JsonObject
  | Node<"array"> & { readonly items: readonly JsonNode[] }
  | JsonString
  | Node<"number"> & { readonly value: BigFloat }
  | Node<"bool"> & { readonly value: boolean }
  | Node<"null">;

interface JsonObject extends Node<"object"> {
  /** The members in their order. A name may come twice. */
  readonly members: readonly JsonMember[];
  readonly close: Range;
}

interface JsonString extends Node<"string"> {
  readonly value: string;
}

export interface JsonMember {
  readonly name: string;
  readonly nameRange: Range;
  readonly value: JsonNode;
}

const MAX_DEPTH = 300;
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Parses the root, an object or an array. Throws a {@link Diagnostic}. */
export function parseJson(text: string, file: string): JsonNode {
  const parser = new JsonParser(scanJson(text, file));
  const root = parser.value();
  parser.end();
  if (root.kind === "object" || root.kind === "array") return root;
  throw new Diagnostic(
    "Root value must be object",
    "The root value in a JSON-based configuration must be either a JSON object or a JSON array of " +
      "objects.",
    root.start,
  );
}

const startsWith =
  "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.";

class JsonParser {
  #at = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly JsonToken[]) {}

  peek(): JsonToken {
    return this.tokens[Math.min(this.#at, this.tokens.length - 1)]!;
  }

  read(): JsonToken {
    const token = this.peek();
    this.#at++;
    return token;
  }

  end(): void {
    const { kind, range } = this.peek();
    if (kind === "end of file") return;
    const detail = "Extra characters appear after the JSON value.";
    throw new Diagnostic("Extraneous data after value", detail, range);
  }

  value(): JsonNode {
    const { kind, range } = this.peek();
    switch (kind) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case "number":
        return readNumber(this.read());
      case "string":
        return readString(this.read());
      case "keyword":
        return readKeyword(this.read());
      case "}":
        throw new Diagnostic("Missing JSON value", startsWith, range);
      case "]":
        throw new Diagnostic("Missing array element value", startsWith, range);
      case "end of file":
        throw new Diagnostic("Missing value", "The JSON data ends prematurely.", range);
      default:
        throw new Diagnostic("Invalid start of value", startsWith, range);
    }
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) {
      const detail = `There are more than ${MAX_DEPTH} levels here.`;
      throw new Diagnostic("Nested too deeply", detail, this.peek().range);
    }
    const node = parse();
    this.#depth--;
    return node;
  }

  #object(): JsonObject {
    const open = this.read();
    const members: JsonMember[] = [];
    while (this.peek().kind !== "}") {
      members.push(this.#member());
      const next = this.peek();
      if (next.kind === "}") break;
      if (next.kind !== ",") throw this.#notComma(next, open);
      this.read();
      if (this.peek().kind === "}") {
        throw new Diagnostic(
          "Trailing comma in object",
          "JSON does not permit a trailing comma after the final property in an object.",
          next.range,
        );
      }
    }
    const close = this.read();
    return {
      kind: "object",
      members,
      range: between(open.range, close.range),
      start: open.range,
      close: close.range,
    };
  }

  #member(): JsonMember {
    const key = this.value();
    if (key.kind !== "string") {
      const detail = "A JSON object property name must be a string";
      throw new Diagnostic("Invalid object property name", detail, key.start);
    }
    const colon = this.read();
    if (colon.kind === ":") {
      return { name: key.value, nameRange: key.range, value: this.value() };
    }
    if (colon.kind === "}" || colon.kind === ",") {
      throw new Diagnostic(
        "Missing object value",
        "A JSON object attribute must have a value, introduced by a colon.",
        colon.range,
      );
    }
    throw new Diagnostic(
      "Missing property value colon",
      colon.kind === "="
        ? "JSON uses a colon as its name/value delimiter, not an equals sign."
        : "A colon must appear between an object property's name and its value.",
      colon.range,
    );
  }

  #notComma({ kind }: JsonToken, open: JsonToken): Diagnostic {
    if (kind === "end of file") {
      const detail = "No closing brace was found for this JSON object.";
      return new Diagnostic("Unclosed object", detail, open.range);
    }
    if (kind === "]") {
      this.read();
      const detail = "A JSON object must be closed with a brace, not a bracket.";
      return new Diagnostic("Mismatched braces", detail, this.peek().range);
    }
    this.#skipTo("{", "}");
    return new Diagnostic(
      "Missing attribute seperator comma",
      "A comma must appear between each property definition in an object.",
      this.peek().range,
    );
  }

  #array(): JsonNode {
    const open = this.read();
    const items: JsonNode[] = [];
    while (this.peek().kind !== "]") {
      items.push(this.value());
      const next = this.peek();
      if (next.kind === "]") break;
      if (next.kind !== ",") throw this.#badItem(next, open);
      this.read();
      if (this.peek().kind === "]") {
        throw new Diagnostic(
          "Trailing comma in array",
          "JSON does not permit a trailing comma after the final value in an array.",
          next.range,
        );
      }
    }
    const close = this.read();
    return { kind: "array", items, range: between(open.range, close.range), start: open.range };
  }

  #badItem({ kind }: JsonToken, open: JsonToken): Diagnostic {
    if (kind === "end of file") {
      const detail = "No closing bracket was found for this JSON array.";
      return new Diagnostic("Unclosed object", detail, open.range);
    }
    this.#skipTo("[", "]");
    const [summary, detail] = kind === ":"
      ? ["Invalid array value", "A colon is not used to introduce values in a JSON array."]
      : kind === "}"
      ? ["Mismatched brackets", "A JSON array must be closed with a bracket, not a brace."]
      : [
        "Missing attribute seperator comma",
        "A comma must appear between each value in an array.",
      ];
    return new Diagnostic(summary!, detail!, this.peek().range);
  }

  /** Skips to the end of this object or array. The error is reported behind it. */
  #skipTo(open: JsonToken["kind"], close: JsonToken["kind"]): void {
    let depth = 1;
    for (let token = this.read();; token = this.read()) {
      if (token.kind === open) depth++;
      else if (token.kind === "end of file" || (token.kind === close && --depth <= 1)) return;
    }
  }
}

function readNumber({ text, range }: JsonToken): JsonNode {
  const value = number.test(text) ? BigFloat.parse(text) : undefined;
  if (value !== undefined) return { kind: "number", value, range, start: range };
  const detail = "There is a syntax error in the given JSON number.";
  throw new Diagnostic("Invalid JSON number", detail, range);
}

function readString({ text, range }: JsonToken): JsonString {
  try {
    const value = JSON.parse(text) as string;
    return { kind: "string", value: value.toWellFormed(), range, start: range };
  } catch {
    throw new Diagnostic(
      "Invalid JSON string",
      "There is a syntax error in the given JSON string.",
      errorRange(text, range),
    );
  }
}

/** The range of the character behind the wrong one. */
function errorRange(text: string, { file, start }: Range): Range {
  const good = /^"(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|[^"\\])*/.exec(text)![0];
  const bad = /^\\u[0-9a-fA-F]*.?|^\\.?/su.exec(text.slice(good.length))?.[0] ?? "";
  const column = start.column + new TextEncoder().encode(good + bad).length;
  return {
    file,
    start: { line: start.line, column },
    end: { line: start.line, column: column + 1 },
  };
}

function readKeyword({ text, range }: JsonToken): JsonNode {
  if (text === "null") return { kind: "null", range, start: range };
  if (text === "true" || text === "false") {
    return { kind: "bool", value: text === "true", range, start: range };
  }
  const foreign = ["undefined", "NaN", "Infinity"].includes(text);
  const detail = foreign
    ? `The JavaScript identifier ${quote(text)} cannot be used in JSON.`
    : `${quote(text)} is not a valid JSON keyword.${didYouMean(text, ["false", "true", "null"])}`;
  throw new Diagnostic("Invalid JSON keyword", detail, range);
}
