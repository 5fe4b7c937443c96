import { UsageError } from "../usage_error.ts";

/**
 * One line of comma-separated fields, quoted by RFC 4180: `"a=b,c",d=e` has two fields. A quote
 * stands at the start of a field or not at all; inside a quoted field it is doubled.
 *
 * Throws `UsageError` with the text that Go's encoding/csv has for it, and `EOF` for an empty line.
 */
export function csvFields(line: string): string[] {
  const text = line.replace(/\r?\n$/, "");
  if (text === "") throw new UsageError("EOF");
  const fields: string[] = [];
  let at = 0;
  while (true) {
    const field = text[at] === '"' ? quoted(text, at) : bare(text, at);
    fields.push(field.value);
    if (field.end >= text.length) return fields;
    at = field.end + 1;
  }
}

/** Columns count bytes, from 1, as in Go. */
function errorAt(text: string, at: number, problem: string): UsageError {
  const column = new TextEncoder().encode(text.slice(0, at)).length + 1;
  return new UsageError(`parse error on line 1, column ${column}: ${problem}`);
}

function bare(text: string, start: number): { value: string; end: number } {
  const comma = text.indexOf(",", start);
  const end = comma < 0 ? text.length : comma;
  const value = text.slice(start, end);
  const mark = value.indexOf('"');
  if (mark >= 0) throw errorAt(text, start + mark, 'bare " in non-quoted-field');
  return { value, end };
}

function quoted(text: string, start: number): { value: string; end: number } {
  let value = "";
  let at = start + 1;
  while (true) {
    const mark = text.indexOf('"', at);
    if (mark < 0) {
      throw errorAt(text, at, 'extraneous or missing " in quoted-field');
    }
    value += text.slice(at, mark);
    const next = text[mark + 1];
    if (next === undefined || next === ",") return { value, end: mark + 1 };
    if (next !== '"') throw errorAt(text, mark, 'extraneous or missing " in quoted-field');
    value += '"';
    at = mark + 2;
  }
}
