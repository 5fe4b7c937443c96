import { nearest } from "../../nearest.ts";
import { lex, type Token, where } from "./lex.ts";
import { TemplateError } from "./template_error.ts";

/** A node of a template; nodes run in order. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly pipe: Pipe }
  | Block
  | Call
  | { readonly kind: "break" | "continue" };

export interface Block {
  readonly kind: "if" | "with" | "range";
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** `{{template "name" pipe}}` */
export interface Call {
  readonly kind: "template";
  readonly name: string;
  readonly pipe: Pipe | undefined;
  readonly at: number;
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
    | { readonly kind: "dot" | "nil" }
    | { readonly kind: "variable" | "function"; readonly name: string }
    | { readonly kind: "literal"; readonly value: unknown }
    | { readonly kind: "pipe"; readonly pipe: Pipe };
  readonly fields: readonly string[];
  /** The place in the source, for errors. */
  readonly at: number;
}

interface Parsed {
  readonly nodes: readonly Node[];
  /** The templates that `define` and `block` have named. */
  readonly named: ReadonlyMap<string, readonly Node[]>;
}

/**
 * Parses a template of Go's text/template. Throws `TemplateError` with the place.
 *
 * @param functions the names of the known functions
 */
export function parseTemplate(source: string, functions: readonly string[]): Parsed {
  const reader = new Reader(source, functions, lex(source));
  const { nodes, end } = readList(reader);
  if (end !== undefined) reader.fail(`unexpected {{${end}}}`);
  return { nodes, named: reader.named };
}

class Reader {
  #next = 0;
  readonly named = new Map<string, readonly Node[]>();
  /** The number of `range` blocks around the current place. */
  loops = 0;
  /** The variables that are visible at the current place. */
  variables: readonly string[] = ["$"];
  constructor(
    readonly source: string,
    readonly functions: readonly string[],
    readonly tokens: readonly Token[],
  ) {}

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

  fail(problem: string, hint?: string): never {
    const at = this.tokens[Math.max(0, this.#next - 1)]?.at ?? this.source.length;
    throw new TemplateError(problem + where(this.source, at), hint);
  }
}

/** Reads up to `{{end}}` or `{{else}}`, and consumes that action up to its keyword. */
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
        if (reader.loops === 0) reader.fail(`{{${word}}} outside {{range}}`);
        nodes.push({ kind: word });
        break;
      case "template":
        reader.take();
        nodes.push(readCall(reader, word));
        break;
      case "define":
        reader.take();
        readNamed(reader, word, readName(reader, word));
        break;
      case "block": {
        reader.take();
        const call = readCall(reader, word);
        readNamed(reader, word, call.name);
        nodes.push(call);
        break;
      }
      default:
        nodes.push({ kind: "print", pipe: readPipe(reader, "command") });
        close(reader);
    }
  }
  return { nodes, end: undefined };
}

function readBlock(reader: Reader, kind: Block["kind"]): Block {
  const { variables } = reader;
  const block = readRest(reader, kind);
  reader.variables = variables;
  return block;
}

function readRest(reader: Reader, kind: Block["kind"]): Block {
  const pipe = readPipe(reader, kind);
  close(reader);
  if (kind === "range") reader.loops++;
  const { nodes: body, end } = readList(reader);
  if (kind === "range") reader.loops--;
  if (end === undefined) reader.fail(`{{${kind}}} has no {{end}}`);
  if (end === "end") {
    close(reader);
    return { kind, pipe, body, otherwise: [] };
  }
  if (kind !== "range" && reader.takeIf("word", kind)) {
    return { kind, pipe, body, otherwise: [readBlock(reader, kind)] };
  }
  close(reader);
  return { kind, pipe, body, otherwise: readBody(reader, kind) };
}

/** Reads the body of a block up to its `{{end}}`. */
function readBody(reader: Reader, kind: string): Node[] {
  const { nodes, end } = readList(reader);
  if (end !== "end") reader.fail(`{{${kind}}} has no {{end}}`);
  close(reader);
  return nodes;
}

function readCall(reader: Reader, word: string): Call {
  const { at } = reader.peek()!;
  const name = readName(reader, word, false);
  const isBare = reader.peek()?.kind === "close";
  const pipe = isBare && word === "template" ? undefined : readPipe(reader, `${word} clause`);
  close(reader);
  return { kind: "template", name, pipe, at };
}

function readName(reader: Reader, word: string, closes = true): string {
  const name = reader.takeIf("string") ??
    reader.fail(`unexpected ${JSON.stringify(reader.take().text)} in ${word} clause`);
  if (closes) close(reader);
  return name.text;
}

function readNamed(reader: Reader, word: string, name: string) {
  const { loops, variables } = reader;
  Object.assign(reader, { loops: 0, variables: ["$"] });
  reader.named.set(name, readBody(reader, word));
  Object.assign(reader, { loops, variables });
}

function close(reader: Reader) {
  if (!reader.takeIf("close")) reader.fail(`unexpected ${JSON.stringify(reader.take().text)}`);
}

function readPipe(reader: Reader, context: string): Pipe {
  const { variables, declares, first } = readVariables(reader);
  const commands = [readCommand(reader, context, first)];
  while (reader.takeIf("mark", "|")) commands.push(readCommand(reader, context));
  return { variables, declares, commands };
}

/** Reads `$x :=`, `$x =` or `$i, $x :=`; any other variable is the first operand. */
function readVariables(reader: Reader) {
  const variable = reader.takeIf("variable");
  if (variable === undefined) return { variables: [], declares: false };
  const names = [variable.text];
  if (reader.takeIf("mark", ",")) names.push((reader.takeIf("variable") ?? reader.take()).text);
  if (reader.takeIf("mark", ":=")) {
    reader.variables = [...reader.variables, ...names];
    return { variables: names, declares: true };
  }
  if (reader.takeIf("mark", "=")) {
    for (const name of names) checkVariable(reader, name);
    return { variables: names, declares: false };
  }
  return { variables: [], declares: false, first: variable };
}

function checkVariable(reader: Reader, name: string) {
  if (!reader.variables.includes(name)) reader.fail(`undefined variable ${JSON.stringify(name)}`);
}

function checkFunction(reader: Reader, name: string) {
  if (reader.functions.includes(name)) return;
  const near = nearest(name, reader.functions);
  reader.fail(
    `function ${JSON.stringify(name)} not defined`,
    near === undefined
      ? `a field begins with a dot; functions are ${reader.functions.join(", ")}`
      : `did you mean ${near}?`,
  );
}

function readCommand(reader: Reader, context: string, first?: Token): Operand[] {
  const operands: Operand[] = [];
  if (first !== undefined) operands.push(readOperand(reader, first));
  while (true) {
    const token = reader.peek();
    if (token === undefined || token.kind === "close" || token.text === "|" && isMark(token)) break;
    if (token.text === ")" && isMark(token)) break;
    operands.push(readOperand(reader, reader.take()));
  }
  if (operands.length === 0) reader.fail(`missing value for ${context}`);
  if (operands[0]!.value.kind === "nil") reader.fail("nil is not a command");
  return operands;
}

function isMark(token: Token): boolean {
  return token.kind === "mark";
}

function readOperand(reader: Reader, token: Token): Operand {
  const fields: string[] = [];
  if (token.kind === "field") fields.push(token.text.slice(1));
  const value = readValue(reader, token);
  for (let next = reader.peek(); next?.kind === "field" && !next.spaced; next = reader.peek()) {
    fields.push(reader.take().text.slice(1));
  }
  return { value, fields, at: token.at };
}

function readValue(reader: Reader, { kind, text }: Token): Operand["value"] {
  switch (kind) {
    case "field":
      return { kind: "dot" };
    case "variable":
      checkVariable(reader, text);
      return { kind: "variable", name: text };
    case "string":
      return { kind: "literal", value: text };
    case "number":
      return { kind: "literal", value: Number(text) };
    case "character":
      return { kind: "literal", value: text.codePointAt(0) };
    case "word":
      if (text === "nil") return { kind: "nil" };
      if (text === "true" || text === "false") return { kind: "literal", value: text === "true" };
      checkFunction(reader, text);
      return { kind: "function", name: text };
  }
  if (text === ".") return { kind: "dot" };
  if (text !== "(") return reader.fail(`unexpected ${JSON.stringify(text)}`);
  const pipe = readPipe(reader, "parenthesized pipeline");
  if (!reader.takeIf("mark", ")")) reader.fail("unclosed left paren");
  return { kind: "pipe", pipe };
}
