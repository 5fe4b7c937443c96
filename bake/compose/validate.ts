/** Checks a value against a schema. When there are several errors, the deepest one is reported. */
import { byKey } from "../../base/by_key.ts";
import { ComposeError } from "../error.ts";
import { type Path, shown } from "./path.ts";
import type { Kind, Schema } from "./schema.ts";
import { isMapping, textOf, Timestamp, type Value } from "./value.ts";

interface Problem {
  readonly path: Path;
  readonly text: string;
  /** The rank of an error. Deeper errors rank higher, and unknown keys rank above wrong types. */
  readonly depth: number;
}

/** Throws `ComposeError`. */
export function validate(value: Value, schema: Schema): void {
  const problems = check(value, schema, []);
  // The sort is stable: the first of the deepest errors comes first.
  const [problem] = problems.sort((a, b) => b.depth - a.depth);
  if (problem !== undefined) throw new ComposeError(`${shown(problem.path)} ${problem.text}`);
}

function check(value: Value, schema: Schema, path: Path): Problem[] {
  const problem = (text: string, more = 0) => ({ path, text, depth: path.length + more });
  const { type, oneOf } = schema;
  if (type && !type.some((kind) => isOfKind[kind](value))) {
    return [problem(`must be a ${readable(type)}`)];
  }
  const problems: Problem[] = [];
  if (oneOf) {
    const tries = oneOf.map((schema) => check(value, schema, path));
    if (!tries.some((found) => found.length === 0)) problems.push(...tries.flat());
  }
  if (isMapping(value)) problems.push(...checkKeys(value, schema, path, problem));
  if (Array.isArray(value)) {
    value.forEach((item, at) => {
      if (schema.items) problems.push(...check(item, schema.items, [...path, String(at)]));
    });
    const twin = schema.unique ? firstTwins(value) : undefined;
    if (twin) problems.push(problem(`items at ${twin[0]} and ${twin[1]} are equal`));
  }
  return problems;
}

function checkKeys(
  value: Map<string, Value>,
  { properties = {}, patterns = [], closed = false, required = [] }: Schema,
  path: Path,
  problem: (text: string, more?: number) => Problem,
): Problem[] {
  const problems: Problem[] = [];
  const missing = required.filter((key) => !value.has(key));
  const quoted = (keys: readonly string[]) => keys.map((key) => `'${key}'`).join(", ");
  if (missing.length > 0) {
    problems.push(
      problem(`missing ${missing.length > 1 ? "properties" : "property"} ${quoted(missing)}`),
    );
  }
  const unknown: string[] = [];
  for (const [key, item] of [...value].sort(byKey)) {
    const own = Object.hasOwn(properties, key) ? [properties[key]!] : [];
    const fitting = patterns.filter(([pattern]) => pattern.test(key)).map(([, schema]) => schema);
    const schemas = [...own, ...fitting];
    if (schemas.length === 0) unknown.push(key);
    for (const schema of schemas) problems.push(...check(item, schema, [...path, key]));
  }
  if (closed && unknown.length > 0) {
    problems.push(problem(`additional properties ${quoted(unknown.sort())} not allowed`, 1));
  }
  return problems;
}

const isOfKind: Readonly<Record<Kind, (value: Value) => boolean>> = {
  string: (value) => typeof value === "string" || value instanceof Timestamp,
  number: (value) => typeof value === "number" || typeof value === "bigint",
  integer: (value) => Number.isInteger(value) || typeof value === "bigint",
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  object: isMapping,
  array: Array.isArray,
};

/** `a boolean, null, number or string`, without the article. */
function readable(kinds: readonly Kind[]): string {
  const names = kinds.map((kind) => kind === "object" ? "mapping" : kind).sort();
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function firstTwins(items: readonly Value[]): [number, number] | undefined {
  const seen = new Map<string, number>();
  for (const [at, item] of items.entries()) {
    const key = textOf(item);
    const before = seen.get(key);
    if (before !== undefined) return [before, at];
    seen.set(key, at);
  }
  return undefined;
}
