import { lex, type Token, where } from "./lex.ts";
import { TemplateError } from "./template_error.ts";

/** What a template does, in order. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly pipe: Pipe }
  | Block
  | { readonly kind: "break" | "continue" };

export interface Block {
  readonly kind: "if" | "with" | "range";
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** `$x := a b | c d`: each command takes the last one's result as its last argument. */
export interface Pipe {
  readonly variables: readonly string[];
  /** `:=` makes the variables, `=` sets them. */
  readonly declares: boolean;
  readonly commands: readonly (readonly Operand[])[];
}

/** A value, and the fields taken of it. */
export interface Operand {
  readonly value:
    | { readonly kind: "dot" }
    | { readonly kind: "variable" | "function"; readonly name: string }
    | { readonly kind: "literal"; readonly value: unknown }
    | { readonly kind: "pipe"; readonly pipe: Pipe };
  readonly fields: readonly string[];
  /** Its place in the source, for errors. */
  readonly at: number;
}

/** Parses a template of Go's text/template. Throws `TemplateError` with the place. */
export function parseTemplate(source: string): Node[] {
  const reader = new Reader(source, lex(source));
  const { nodes, end } = readList(reader);
  if (end !== undefined) reader.fail(`unexpected {{${end}}}`);
  return nodes;
}

class Reader {
  #next = 0;
  constructor(readonly source: string, readonly tokens: readonly Token[]) {}

  peek(): Token | undefined {
    return this.tokens[this.#next];
  }

  take(): Token {
    return this.tokens[this.#next++] ?? this.fail("unexpected end");
  }

  takeIf(kind: Token["kind"], text?: string): Token | undefined {
    const token = this.peek();
    if (token?.kind !== kind || (text !== undefined && token.text !== text)) return undefined;
    return this.take();
  }

  fail(problem: string): never {
    const at = this.tokens[Math.max(0, this.#next - 1)]?.at ?? this.source.length;
    throw new TemplateError(problem + where(this.source, at));
  }
}

/** Reads up to `{{end}}` or `{{else}}`, which is consumed up to its own word. */
function readList(reader: Reader): { nodes: Node[]; end: "end" | "else" | undefined } {
  const nodes: Node[] = [];
  while (reader.peek() !== undefined) {
    const token = reader.take();
    if (token.kind === "text") {
      nodes.push({ kind: "text", text: token.text });
      continue;
    }
    const word = reader.peek()?.kind === "word" ? reader.peek()!.text : "";
    switch (word) {
      case "end":
      case "else":
        reader.take();
        return { nodes, end: word };
      case "if":
      case "with":
      case "range":
        reader.take();
        nodes.push(readBlock(reader, word));
        break;
      case "break":
      case "continue":
        reader.take();
        close(reader);
        nodes.push({ kind: word });
        break;
      case "define":
      case "template":
      case "block":
        reader.fail(`{{${word}}} is not supported`);
        break;
      default:
        nodes.push({ kind: "print", pipe: readPipe(reader) });
        close(reader);
    }
  }
  return { nodes, end: undefined };
}

function readBlock(reader: Reader, kind: "if" | "with" | "range"): Node {
  const pipe = readPipe(reader);
  close(reader);
  const { nodes: body, end } = readList(reader);
  if (end === undefined) reader.fail(`{{${kind}}} has no {{end}}`);
  if (end === "end") {
    close(reader);
    return { kind, pipe, body, otherwise: [] };
  }
  const chained = reader.takeIf("word", kind === "range" ? "if" : kind);
  if (chained && kind !== "range") {
    return { kind, pipe, body, otherwise: [readBlock(reader, kind)] };
  }
  close(reader);
  const { nodes: otherwise, end: last } = readList(reader);
  if (last !== "end") reader.fail(`{{${kind}}} has no {{end}}`);
  close(reader);
  return { kind, pipe, body, otherwise };
}

function close(reader: Reader) {
  if (!reader.takeIf("close")) reader.fail(`unexpected ${JSON.stringify(reader.take().text)}`);
}

function readPipe(reader: Reader): Pipe {
  const { variables, declares, first } = readVariables(reader);
  const commands = [readCommand(reader, first)];
  while (reader.takeIf("mark", "|")) commands.push(readCommand(reader));
  return { variables, declares, commands };
}

/** `$x :=`, `$x =`, `$i, $x :=`; a variable that is none of these is the first operand. */
function readVariables(reader: Reader) {
  const variable = reader.takeIf("variable");
  if (variable === undefined) return { variables: [], declares: false };
  const names = [variable.text];
  if (reader.takeIf("mark", ",")) names.push((reader.takeIf("variable") ?? reader.take()).text);
  if (reader.takeIf("mark", ":=")) return { variables: names, declares: true };
  if (reader.takeIf("mark", "=")) return { variables: names, declares: false };
  return { variables: [], declares: false, first: variable };
}

function readCommand(reader: Reader, first?: Token): Operand[] {
  const operands: Operand[] = [];
  if (first !== undefined) operands.push(readOperand(reader, first));
  while (true) {
    const token = reader.peek();
    if (token === undefined || token.kind === "close" || token.text === "|" && isMark(token)) break;
    if (token.text === ")" && isMark(token)) break;
    operands.push(readOperand(reader, reader.take()));
  }
  if (operands.length === 0) reader.fail("missing value");
  return operands;
}

function isMark(token: Token): boolean {
  return token.kind === "mark";
}

function readOperand(reader: Reader, token: Token): Operand {
  const { at } = token;
  const fields: string[] = [];
  let value: Operand["value"];
  if (token.kind === "field") {
    value = { kind: "dot" };
    fields.push(token.text.slice(1));
  } else if (token.kind === "mark" && token.text === ".") value = { kind: "dot" };
  else if (token.kind === "variable") value = { kind: "variable", name: token.text };
  else if (token.kind === "string") value = { kind: "literal", value: token.text };
  else if (token.kind === "number") value = { kind: "literal", value: Number(token.text) };
  else if (token.kind === "word") value = wordValue(token.text);
  else if (token.kind === "mark" && token.text === "(") {
    value = { kind: "pipe", pipe: readPipe(reader) };
    if (!reader.takeIf("mark", ")")) reader.fail("unclosed left paren");
  } else return reader.fail(`unexpected ${JSON.stringify(token.text)}`);
  for (let next = reader.peek(); next?.kind === "field" && !next.spaced; next = reader.peek()) {
    fields.push(reader.take().text.slice(1));
  }
  return { value, fields, at };
}

function wordValue(word: string): Operand["value"] {
  if (word === "true" || word === "false") return { kind: "literal", value: word === "true" };
  if (word === "nil") return { kind: "literal", value: undefined };
  return { kind: "function", name: word };
}
