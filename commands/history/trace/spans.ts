import { nanoseconds, parseMoment } from "../../../base/go/time.ts";
import { rawNumber } from "../../../base/go/json.ts";
import { fieldsOf, itemsOf, textOf } from "../../../base/json.ts";

/**
 * A span as BuildKit stores traces: OpenTelemetry's Go structures in JSON, one object after another
 * with white space between, and nothing around them.
 */
export type Span = Record<string, unknown>;

/** A trace that can't be read. */
class TraceError extends Error {
  override readonly name = "TraceError";
  constructor(problem: string, options?: ErrorOptions) {
    super(`cannot read the trace: ${problem}`, options);
  }
}

/** Reads a trace. Throws `TraceError`. */
export function parseSpans(text: string): Span[] {
  return objectsIn(text).map((object) => {
    try {
      return fieldsOf(JSON.parse(object, exact as Reviver));
    } catch (cause) {
      throw new TraceError((cause as Error).message, { cause });
    }
  });
}

type Reviver = (key: string, value: unknown) => unknown;

/** Integers beyond what a double holds are kept in all their digits. */
function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const digits = context?.source ?? "";
  return /^-?\d+$/.test(digits) ? rawNumber(BigInt(digits)) : value;
}

/** The deepest nesting of a trace; real values are lists of scalars. */
const DEEPEST = 200;

/** The objects that follow each other in a text. Throws `TraceError`. */
function objectsIn(text: string): string[] {
  const objects: string[] = [];
  const marks = /["{}[\]]/g;
  let depth = 0;
  let start = 0;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    const [mark] = found;
    if (mark === '"') marks.lastIndex = endOfString(text, found.index);
    else if (mark === "{" || mark === "[") {
      if (depth++ === 0) start = found.index;
      if (depth > DEEPEST) throw new TraceError("it is nested too deeply");
    } else if (--depth === 0) objects.push(text.slice(start, found.index + 1));
    else if (depth < 0) throw new TraceError("it closes more than it opens");
  }
  if (depth !== 0) throw new TraceError("it ends inside an object");
  return objects;
}

/** The index behind the quote that ends a JSON string. */
function endOfString(text: string, start: number): number {
  const marks = /["\\]/g;
  marks.lastIndex = start + 1;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    if (found[0] === '"') return found.index + 1;
    marks.lastIndex = found.index + 2;
  }
  throw new TraceError("a text has no end");
}

/**
 * An attribute with its value as Go typed it: `STRING`, `INT64`, `BOOL`, `FLOAT64` or a slice of
 * them.
 */
export interface Attribute {
  readonly key: string;
  readonly type: string;
  readonly value: unknown;
}

/** Reads a list of attributes; a list that was never filled is null. */
export function attributesOf(json: unknown): Attribute[] {
  return itemsOf(json).map((item) => {
    const { Key, Value } = fieldsOf(item);
    const { Type, Value: value } = fieldsOf(Value);
    return { key: textOf(Key), type: textOf(Type), value };
  });
}

/** A span's time in nanoseconds since 1970; 0 if it is none. */
export function momentOf(time: unknown): bigint {
  const parsed = parseMoment(textOf(time));
  return parsed === undefined ? 0n : nanoseconds(parsed);
}
