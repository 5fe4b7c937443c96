/**
 * The part of Go's text/template that `--format` needs: fields, pipelines, functions, `if`, `with`,
 * `range`, variables, trim markers. Not: `define`, `template`, method calls with arguments.
 */
import { nearest } from "../../../transports/nearest.ts";
import { argumentCounts, functions, type TemplateFunction } from "./functions.ts";
import { where } from "./lex.ts";
import { type Block, type Node, type Operand, parseTemplate, type Pipe } from "./parse.ts";
import { goText } from "./print.ts";
import { TemplateError } from "./template_error.ts";
import { isTrue } from "./values.ts";

/** A parsed template; renders a value as text. Throws `TemplateError`. */
export type Template = (value: unknown) => string;

/**
 * Parses a template. Throws `TemplateError`.
 *
 * @param overrides functions that replace the usual ones of their name
 */
export function compileTemplate(
  source: string,
  overrides: Readonly<Record<string, TemplateFunction>> = {},
): Template {
  const nodes = parseTemplate(source);
  return (value) => {
    const run: Run = { source, out: "", functions: { ...functions, ...overrides } };
    runNodes(run, nodes, value, new Scope(undefined, [["$", value]]));
    return run.out;
  };
}

interface Run {
  readonly source: string;
  readonly functions: Readonly<Record<string, TemplateFunction>>;
  out: string;
}

/** The variables of a block; the outer block's are seen through it. */
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
    variables.forEach((name, i) => inner.set(name, values[i]));
    if (runNodes(run, block.body, item, inner) === "break") break;
  }
  return undefined;
}

function entriesOf(run: Run, value: unknown, at: number): [unknown, unknown][] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (value instanceof Map) return [...value].sort(([a], [b]) => a < b ? -1 : 1);
  if (typeof value === "number") return Array.from({ length: value }, (_, i) => [i, i]);
  throw new TemplateError(`range can't iterate over ${goText(value)}${where(run.source, at)}`);
}

function evaluate(run: Run, pipe: Pipe, dot: unknown, scope: Scope): unknown {
  let value: unknown;
  pipe.commands.forEach((command, i) => {
    value = runCommand(run, command, dot, scope, i > 0 ? [value] : []);
  });
  for (const name of pipe.variables) {
    const target = pipe.declares ? scope : scope.find(name);
    if (target === undefined) throw new TemplateError(`undefined variable ${name}`);
    target.set(name, value);
  }
  return value;
}

function runCommand(
  run: Run,
  [first, ...rest]: readonly Operand[],
  dot: unknown,
  scope: Scope,
  piped: readonly unknown[],
): unknown {
  const { value, at, fields } = first!;
  if (value.kind !== "function") {
    if (rest.length + piped.length > 0) {
      throw new TemplateError(`can't give arguments to a value${where(run.source, at)}`);
    }
    return operandValue(run, first!, dot, scope);
  }
  const args = [...rest.map((operand) => operandValue(run, operand, dot, scope)), ...piped];
  return takeFields(run, call(run, value.name, args, at), fields, at);
}

function operandValue(run: Run, operand: Operand, dot: unknown, scope: Scope): unknown {
  const { value, fields, at } = operand;
  switch (value.kind) {
    case "dot":
      return takeFields(run, dot, fields, at);
    case "literal":
      return takeFields(run, value.value, fields, at);
    case "pipe":
      return takeFields(run, evaluate(run, value.pipe, dot, scope), fields, at);
    case "function":
      return takeFields(run, call(run, value.name, [], at), fields, at);
    case "variable": {
      const found = scope.find(value.name);
      if (found === undefined) {
        throw new TemplateError(`undefined variable ${value.name}${where(run.source, at)}`);
      }
      return takeFields(run, found.get(value.name), fields, at);
    }
  }
}

function call(run: Run, name: string, args: readonly unknown[], at: number): unknown {
  const wanted = Object.hasOwn(run.functions, name) ? run.functions[name] : undefined;
  if (wanted === undefined) {
    const near = nearest(name, Object.keys(run.functions));
    throw new TemplateError(
      `function ${JSON.stringify(name)} not defined${where(run.source, at)}`,
      near === undefined
        ? `a field begins with a dot; functions are ${Object.keys(run.functions).join(", ")}`
        : `did you mean ${near}?`,
    );
  }
  const [min, max] = argumentCounts[name] ?? [0, Infinity];
  if (args.length < min || args.length > max) {
    const count = min === max ? String(min) : `at least ${min}`;
    throw new TemplateError(
      `wrong number of arguments for ${name}: want ${count}, got ${args.length}` +
        where(run.source, at),
    );
  }
  try {
    return wanted(...args);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateError(`error calling ${name}: ${reason}${where(run.source, at)}`);
  }
}

function takeFields(run: Run, value: unknown, fields: readonly string[], at: number): unknown {
  for (const field of fields) {
    if (value instanceof Map) value = value.get(field);
    else if (value === undefined || value === null) {
      throw new TemplateError(`nothing there to take .${field} of${where(run.source, at)}`);
    } else if (typeof value === "object" && !Array.isArray(value) && field in value) {
      value = (value as Record<string, unknown>)[field];
    } else throw noField(run, value, field, at);
  }
  return value;
}

function noField(run: Run, value: unknown, field: string, at: number): TemplateError {
  const names = typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.keys(value).filter((name) => name !== "toJSON")
    : [];
  const near = nearest(field, names);
  const hint = near !== undefined
    ? `did you mean .${near}?`
    : names.length > 0
    ? `the fields are ${names.map((name) => `.${name}`).join(" ")}`
    : undefined;
  return new TemplateError(`can't evaluate field ${field}${where(run.source, at)}`, hint);
}
