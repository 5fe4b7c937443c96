/** Go's text/template, for `--format`: all but comparisons of integers with floats. */
import { byKey } from "../../by_key.ts";
import { errorText } from "../../error_text.ts";
import { isObject } from "../../json.ts";
import { nearest } from "../../nearest.ts";
import { argumentCounts, functions, type TemplateFunction } from "./functions.ts";
import { where } from "./lex.ts";
import { methodOf } from "./methods.ts";
import {
  type Block,
  type Call,
  type Node,
  type Operand,
  parseTemplate,
  type Pipe,
} from "./parse.ts";
import { goText } from "./print.ts";
import { TemplateError } from "./template_error.ts";
import { isTrue, typeName } from "./values.ts";

/** A parsed template; renders a value as text. Throws `TemplateError`. */
type Template = (value: unknown) => string;

/** Functions that evaluate their arguments one by one, until the result is known. */
const LAZY = ["and", "or"];

/** The largest depth of templates that call each other. */
const DEEPEST = 500;

/**
 * Parses a template. Throws `TemplateError`.
 *
 * @param overrides functions that replace the usual ones of their name
 */
export function compileTemplate(
  source: string,
  overrides: Readonly<Record<string, TemplateFunction>> = {},
): Template {
  const known = { ...functions, ...overrides };
  const { nodes, named } = parseTemplate(source, [...Object.keys(known), ...LAZY]);
  return (value) => {
    const run: Run = { source, named, functions: known, out: "", depth: 0 };
    runNodes(run, nodes, value, new Scope(undefined, [["$", value]]));
    return run.out;
  };
}

interface Run {
  readonly source: string;
  readonly named: ReadonlyMap<string, readonly Node[]>;
  readonly functions: Readonly<Record<string, TemplateFunction>>;
  out: string;
  depth: number;
}

/** The variables of a block; variables of the outer blocks are visible, too. */
class Scope {
  readonly #values: Map<string, unknown>;
  constructor(readonly outer: Scope | undefined, values: Iterable<[string, unknown]> = []) {
    this.#values = new Map(values);
  }

  find(name: string): Scope | undefined {
    return this.#values.has(name) ? this : this.outer?.find(name);
  }

  get(name: string): unknown {
    return this.#values.get(name);
  }

  set(name: string, value: unknown) {
    this.#values.set(name, value);
  }
}

type Jump = "break" | "continue" | undefined;

function runNodes(run: Run, nodes: readonly Node[], dot: unknown, scope: Scope): Jump {
  for (const node of nodes) {
    if (node.kind === "text") run.out += node.text;
    else if (node.kind === "template") runCall(run, node, dot, scope);
    else if (node.kind === "print") {
      const value = evaluate(run, node.pipe, dot, scope);
      if (node.pipe.variables.length === 0) run.out += goText(value);
    } else if ("body" in node) {
      const jump = runBlock(run, node, dot, new Scope(scope));
      if (jump !== undefined) return jump;
    } else return node.kind;
  }
  return undefined;
}

function runCall(run: Run, { name, pipe, at }: Call, dot: unknown, scope: Scope) {
  const nodes = run.named.get(name);
  const fail = (problem: string) => new TemplateError(problem + where(run.source, at));
  if (nodes === undefined) throw fail(`template ${JSON.stringify(name)} not defined`);
  if (++run.depth > DEEPEST) throw fail(`exceeded maximum template depth (${DEEPEST})`);
  const value = pipe && evaluate(run, pipe, dot, scope);
  runNodes(run, nodes, value, new Scope(undefined, [["$", value]]));
  run.depth--;
}

function runBlock(run: Run, block: Block, dot: unknown, scope: Scope): Jump {
  if (block.kind === "range") return runRange(run, block, dot, scope);
  const value = evaluate(run, block.pipe, dot, scope);
  if (!isTrue(value)) return runNodes(run, block.otherwise, dot, scope);
  return runNodes(run, block.body, block.kind === "with" ? value : dot, scope);
}

function runRange(run: Run, block: Block, dot: unknown, scope: Scope): Jump {
  const { variables, commands } = block.pipe;
  const value = evaluate(run, { variables: [], declares: false, commands }, dot, scope);
  const entries = entriesOf(run, value, commands[0]![0]!.at);
  if (entries.length === 0) return runNodes(run, block.otherwise, dot, scope);
  for (const [key, item] of entries) {
    const inner = new Scope(scope);
    const values = variables.length === 2 ? [key, item] : [item];
    setVariables(block.pipe, values, inner);
    if (runNodes(run, block.body, item, inner) === "break") break;
  }
  return undefined;
}

function entriesOf(run: Run, value: unknown, at: number): [unknown, unknown][] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (value instanceof Map) return [...value].sort(byKey);
  if (typeof value === "number") return Array.from({ length: value }, (_, i) => [i, i]);
  throw new TemplateError(`range can't iterate over ${goText(value)}${where(run.source, at)}`);
}

function evaluate(run: Run, pipe: Pipe, dot: unknown, scope: Scope): unknown {
  let value: unknown;
  pipe.commands.forEach((command, i) => {
    value = runCommand(run, command, dot, scope, i > 0 ? [value] : []);
  });
  setVariables(pipe, [value], scope);
  return value;
}

function setVariables(pipe: Pipe, values: readonly unknown[], scope: Scope) {
  pipe.variables.forEach((name, i) => {
    const target = pipe.declares ? scope : scope.find(name);
    target?.set(name, values[i]);
  });
}

function runCommand(
  run: Run,
  [first, ...rest]: readonly Operand[],
  dot: unknown,
  scope: Scope,
  piped: readonly unknown[],
): unknown {
  const { value, at, fields } = first!;
  const args = [
    ...rest.map((operand) => () => operandValue(run, operand, dot, scope)),
    ...piped.map((item) => () => item),
  ];
  if (value.kind === "function") {
    return takeFields(run, call(run, value.name, args, at), fields, at);
  }
  return operandValue(run, first!, dot, scope, args.map((arg) => arg()));
}

function operandValue(
  run: Run,
  operand: Operand,
  dot: unknown,
  scope: Scope,
  args: readonly unknown[] = [],
): unknown {
  const { value, fields, at } = operand;
  if (args.length > 0 && fields.length === 0) {
    throw new TemplateError(`can't give arguments to a value${where(run.source, at)}`);
  }
  switch (value.kind) {
    case "dot":
      return takeFields(run, dot, fields, at, args);
    case "nil":
      return undefined;
    case "literal":
      return takeFields(run, value.value, fields, at, args);
    case "pipe":
      return takeFields(run, evaluate(run, value.pipe, dot, scope), fields, at, args);
    case "function":
      return takeFields(run, call(run, value.name, [], at), fields, at, args);
    case "variable":
      return takeFields(run, scope.find(value.name)?.get(value.name), fields, at, args);
  }
}

function call(run: Run, name: string, args: readonly (() => unknown)[], at: number): unknown {
  const [min, max] = argumentCounts[name] ?? [0, Infinity];
  if (args.length < min || args.length > max) {
    const count = min === max ? String(min) : `at least ${min}`;
    throw new TemplateError(
      `wrong number of args for ${name}: want ${count} got ${args.length}` + where(run.source, at),
    );
  }
  if (LAZY.includes(name)) return firstThat(args, name === "or");
  const values = args.map((arg) => arg());
  try {
    return run.functions[name]!(...values);
  } catch (error) {
    const reason = errorText(error);
    throw new TemplateError(`error calling ${name}: ${reason}${where(run.source, at)}`);
  }
}

/** The first value whose truth is `truth`; else the last value. */
function firstThat(values: readonly (() => unknown)[], truth: boolean): unknown {
  let value: unknown;
  for (const next of values) {
    value = next();
    if (isTrue(value) === truth) break;
  }
  return value;
}

/** @param args the arguments of the last field, if that is a method */
function takeFields(
  run: Run,
  value: unknown,
  fields: readonly string[],
  at: number,
  args: readonly unknown[] = [],
): unknown {
  fields.forEach((field, i) => {
    const given = i === fields.length - 1 ? args : [];
    const method = methodOf(value, field);
    if (method !== undefined) {
      value = method(...given);
      return;
    }
    if (given.length > 0) {
      const problem = `${field} has arguments but cannot be invoked as function`;
      throw new TemplateError(problem + where(run.source, at));
    }
    if (value instanceof Map) value = value.get(field);
    else if (value === undefined || value === null) {
      throw new TemplateError(`nil pointer evaluating .${field}${where(run.source, at)}`);
    } else if (typeof value === "object" && /^\p{Lu}/u.test(field) && field in value) {
      value = (value as Record<string, unknown>)[field];
    } else throw noField(run, value, field, at);
  });
  return value;
}

function noField(run: Run, value: unknown, field: string, at: number): TemplateError {
  const names = isObject(value)
    ? Object.getOwnPropertyNames(value).filter((name) => /^\p{Lu}/u.test(name))
    : [];
  const near = nearest(field, names);
  const hint = near !== undefined
    ? `did you mean .${near}?`
    : names.length > 0
    ? `the fields are ${names.map((name) => `.${name}`).join(" ")}`
    : undefined;
  const type = typeName(value);
  const of = type === "struct" ? "" : ` in type ${type}`;
  return new TemplateError(`can't evaluate field ${field}${of}${where(run.source, at)}`, hint);
}
