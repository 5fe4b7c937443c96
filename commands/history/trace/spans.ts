import { rawNumber } from "../../../base/go/json.ts";
import { fields } from "../attachments.ts";

/**
 * A span as BuildKit stores traces: OpenTelemetry's Go structures in JSON, one object after another
 * with white space between, and nothing around them.
 */
export type Span = Record<string, unknown>;

/** Reads a trace. Throws a `SyntaxError` for what is none. */
export function parseSpans(text: string): Span[] {
  return objectsIn(text).map((object) => fields(JSON.parse(object, exact as Reviver)));
}

type Reviver = (key: string, value: unknown) => unknown;

/** Integers beyond what a double holds are kept in all their digits. */
function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const digits = context?.source ?? "";
  return /^-?\d+$/.test(digits) ? rawNumber(BigInt(digits)) : value;
}

/** The objects of a text that has one after another. */
function objectsIn(text: string): string[] {
  const objects: string[] = [];
  const marks = /["{}]/g;
  let depth = 0;
  let start = 0;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    if (found[0] === '"') {
      marks.lastIndex = endOfString(text, found.index);
    } else if (found[0] === "{") {
      if (depth++ === 0) start = found.index;
    } else if (--depth === 0) objects.push(text.slice(start, found.index + 1));
  }
  if (depth !== 0) throw new SyntaxError("cannot read the trace: it ends inside an object");
  return objects;
}

function endOfString(text: string, start: number): number {
  const string = /"(?:[^"\\]|\\.)*"/sy;
  string.lastIndex = start;
  if (string.exec(text) === null) throw new SyntaxError("cannot read the trace: a text has no end");
  return string.lastIndex;
}

/** An attribute with its value as Go typed it: `STRING`, `INT64`, `BOOL`, `FLOAT64` or a slice of them. */
export interface Attribute {
  readonly key: string;
  readonly type: string;
  readonly value: unknown;
}

/** Reads a list of attributes; a list that was never filled is null. */
export function attributesOf(json: unknown): Attribute[] {
  return items(json).map((item) => {
    const { Key, Value } = fields(item);
    const { Type, Value: value } = fields(Value);
    return { key: String(Key ?? ""), type: String(Type ?? ""), value };
  });
}

/** A list, or none. */
export function items(json: unknown): unknown[] {
  return Array.isArray(json) ? json : [];
}
