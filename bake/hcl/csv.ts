/** Comma-separated values by RFC 4180, line after line; a quoted field may have lines of its own. */

/** A text that is no CSV; in Go's words. */
export class CsvError extends Error {
  override readonly name = "CsvError";

  constructor(readonly line: number, readonly problem: string, column = 1) {
    super(`parse error on line ${line}, column ${column}: ${problem}`);
  }
}

const BARE = 'bare " in non-quoted-field';
const QUOTE = 'extraneous or missing " in quoted-field';

/** The fields of a text of one record. Throws {@link CsvError}; `EOF` for no text at all. */
export function csvFields(text: string): string[] {
  const [record] = csvRecords(text);
  if (record === undefined) throw new Error("EOF");
  return record.fields;
}

/** The records of a text, with the line each begins on; empty lines don't count. */
export function* csvRecords(
  text: string,
  comma = ",",
): Generator<{ fields: string[]; line: number }> {
  const reader = new Reader(text.replaceAll("\r\n", "\n").replace(/\r$/, ""), comma);
  for (;;) {
    while (reader.skipEmptyLine());
    if (reader.done) return;
    const { line } = reader;
    yield { fields: reader.record(), line };
  }
}

class Reader {
  line = 1;
  #at = 0;
  #lineStart = 0;

  constructor(private readonly text: string, private readonly comma: string) {}

  get done(): boolean {
    return this.#at >= this.text.length;
  }

  skipEmptyLine(): boolean {
    if (this.text[this.#at] !== "\n") return false;
    this.#newLine(this.#at + 1);
    return true;
  }

  record(): string[] {
    const fields: string[] = [];
    do {
      fields.push(this.text[this.#at] === '"' ? this.#quoted() : this.#bare());
    } while (this.text[this.#at++] === this.comma);
    if (this.#at <= this.text.length) this.#newLine(this.#at);
    return fields;
  }

  /** Ends at the comma, the newline or the end of text behind it. */
  #bare(): string {
    const { text } = this;
    const start = this.#at;
    while (this.#at < text.length && text[this.#at] !== this.comma && text[this.#at] !== "\n") {
      this.#at++;
    }
    const field = text.slice(start, this.#at);
    const mark = field.indexOf('"');
    if (mark >= 0) throw this.#error(start + mark, BARE);
    return field;
  }

  #quoted(): string {
    const { text } = this;
    let field = "";
    this.#at++;
    for (;;) {
      const next = text[this.#at];
      if (next === undefined) throw this.#error(this.#at, QUOTE);
      this.#at++;
      if (next === "\n") this.#newLine(this.#at);
      if (next !== '"') field += next;
      else if (text[this.#at] === '"') {
        field += '"';
        this.#at++;
      } else {
        const end = text[this.#at];
        if (end === undefined || end === this.comma || end === "\n") return field;
        throw this.#error(this.#at - 1, QUOTE);
      }
    }
  }

  #newLine(start: number): void {
    this.#at = start;
    this.#lineStart = start;
    this.line++;
  }

  #error(at: number, problem: string): CsvError {
    const before = this.text.slice(this.#lineStart, at);
    return new CsvError(this.line, problem, new TextEncoder().encode(before).length + 1);
  }
}
