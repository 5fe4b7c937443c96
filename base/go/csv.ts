import { UsageError } from "../usage_error.ts";

/** The error for a text that isn't valid CSV, in the words of Go's encoding/csv. */
export class CsvError extends UsageError {
  /** @param column counts bytes, from 1 */
  constructor(readonly problem: string, readonly line: number, column: number) {
    super(`parse error on line ${line}, column ${column}: ${problem}`);
  }
}

/**
 * Reads one line of comma-separated fields, quoted by RFC 4180: `"a=b,c",d=e` has two fields. A
 * quote is allowed only at the start of a field; inside a quoted field it is doubled. A newline is
 * allowed anywhere, and belongs to its field; a newline at the end is ignored. buildx's go-csvvalue
 * reads flags and strings of definitions like this.
 *
 * Throws {@link CsvError}, and a `UsageError` that says `EOF` for an empty line.
 */
export function csvFields(line: string, comma = ","): string[] {
  const text = line.replace(/\r?\n$/, "");
  if (text === "") throw new UsageError("EOF");
  return new Record(text, 0, comma, false).fields;
}

/**
 * Reads the records of a text, one for each line, with the number of the line that each begins on.
 * A newline inside quotes belongs to its field, and empty lines are skipped, as in Go's
 * encoding/csv.
 *
 * Throws {@link CsvError}.
 */
export function* csvRecords(text: string): Generator<{ fields: string[]; line: number }> {
  const lines = text.replaceAll("\r\n", "\n").replace(/\r$/, "");
  let line = 1;
  for (let at = 0; at < lines.length;) {
    let end = at + 1;
    if (lines[at] !== "\n") {
      const record = new Record(lines, at, ",", true, line);
      end = record.end + 1;
      yield { fields: record.fields, line };
    }
    for (; at < end; at++) if (lines[at] === "\n") line++;
  }
}

class Record {
  readonly fields: string[] = [];
  /** The index behind the record. */
  end: number;

  constructor(
    private readonly text: string,
    private readonly start: number,
    private readonly comma: string,
    private readonly endsAtNewline: boolean,
    private readonly line = 1,
  ) {
    this.end = start;
    for (;; this.end++) {
      this.fields.push(text[this.end] === '"' ? this.#quoted() : this.#bare());
      if (text[this.end] !== comma) return;
    }
  }

  /** Whether the character, which is undefined at the end of the text, ends a field. */
  #endsField(character: string | undefined): boolean {
    return character === undefined || character === this.comma ||
      (this.endsAtNewline && character === "\n");
  }

  #bare(): string {
    const from = this.end;
    while (!this.#endsField(this.text[this.end])) this.end++;
    const field = this.text.slice(from, this.end);
    const mark = field.indexOf('"');
    if (mark >= 0) throw this.#error(from + mark, 'bare " in non-quoted-field');
    return field;
  }

  #quoted(): string {
    let field = "";
    for (let at = this.end + 1;;) {
      const mark = this.text.indexOf('"', at);
      if (mark < 0) throw this.#error(this.endsAtNewline ? this.text.length : at, unquoted);
      field += this.text.slice(at, mark);
      this.end = mark + 1;
      if (this.#endsField(this.text[this.end])) return field;
      if (this.text[this.end] !== '"') throw this.#error(mark, unquoted);
      field += '"';
      at = mark + 2;
    }
  }

  #error(at: number, problem: string): CsvError {
    let before = this.text.slice(this.start, at);
    // The end of the text counts as part of its last line, even behind that line's newline.
    if (at === this.text.length) before = before.replace(/\n$/, " ");
    const lines = this.endsAtNewline ? before.split("\n") : [before];
    const column = new TextEncoder().encode(lines.at(-1)).length + 1;
    return new CsvError(problem, this.line + lines.length - 1, column);
  }
}

const unquoted = 'extraneous or missing " in quoted-field';

/** Fields as one line of CSV, with quotes where Go's encoding/csv writes some. */
export function csvLine(fields: readonly string[]): string {
  return fields.map((field) => needsQuotes(field) ? `"${field.replaceAll('"', '""')}"` : field)
    .join(",");
}

function needsQuotes(field: string): boolean {
  return field === "\\." || /[",\r\n]/.test(field) || /^\s/u.test(field);
}
