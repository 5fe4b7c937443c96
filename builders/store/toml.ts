/**
 * TOML (https://toml.io/en/v1.0.0), as far as buildkitd.toml goes: tables, arrays of them, dotted and
 * quoted keys, strings of all four kinds, numbers, booleans, lists and inline tables. Dates are read as
 * texts.
 */

/** A table. */
export type Toml = { [key: string]: unknown };

/** A text that is no TOML. The message names the line. */
export class TomlError extends Error {
  override readonly name = "TomlError";
}

/** Reads a document. Throws `TomlError`. */
export function parseToml(text: string): Toml {
  const root: Toml = {};
  let table = root;
  const reader = new Reader(text);
  while (reader.skipLines()) {
    if (reader.take("[[")) {
      table = enter(reader, root, reader.keyPath(), true);
      reader.need("]]");
    } else if (reader.take("[")) {
      table = enter(reader, root, reader.keyPath(), false);
      reader.need("]");
    } else assign(reader, table);
    reader.endLine();
  }
  return root;
}

/** The table of a header; its parents may be lists, whose last item is meant. */
function enter(reader: Reader, root: Toml, path: string[], isList: boolean): Toml {
  let table = root;
  for (const [i, key] of path.entries()) {
    const last = i === path.length - 1;
    if (last && isList) {
      const list = table[key] ??= [];
      if (!Array.isArray(list)) reader.fail(`${key} is no list of tables`);
      (list as Toml[]).push({});
    }
    let next = Object.hasOwn(table, key) ? table[key] : table[key] = {};
    if (Array.isArray(next)) next = next.at(-1);
    if (typeof next !== "object" || next === null) reader.fail(`${key} is no table`);
    table = next as Toml;
  }
  return table;
}

function assign(reader: Reader, table: Toml): void {
  const path = reader.keyPath();
  const last = path.pop()!;
  const into = enter(reader, table, path, false);
  if (Object.hasOwn(into, last)) reader.fail(`${last} is set twice`);
  reader.need("=");
  into[last] = reader.value();
}

class Reader {
  #at = 0;
  constructor(readonly text: string) {}

  fail(problem: string): never {
    const line = this.text.slice(0, this.#at).split("\n").length;
    throw new TomlError(`line ${line}: ${problem}`);
  }

  /** Goes to the next thing; false at the end. */
  skipLines(): boolean {
    this.match(/(?:[ \t\r\n]|#[^\n]*)*/y);
    return this.#at < this.text.length;
  }

  endLine(): void {
    if (this.match(/[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y) === undefined) {
      this.fail("more than one value");
    }
  }

  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  /** Takes a mark, and the blanks around it, when it is next. */
  take(mark: string): boolean {
    const before = this.#at;
    this.match(/[ \t]*/y);
    if (!this.text.startsWith(mark, this.#at)) {
      this.#at = before;
      return false;
    }
    this.#at += mark.length;
    this.match(/[ \t]*/y);
    return true;
  }

  need(mark: string): void {
    if (!this.take(mark)) this.fail(`${mark} is missing`);
  }

  keyPath(): string[] {
    const path = [];
    do {
      this.match(/[ \t]*/y);
      const bare = this.match(/[A-Za-z0-9_-]+/y)?.[0];
      path.push(bare ?? this.string() ?? this.fail("a key is missing"));
    } while (this.take("."));
    return path;
  }

  value(): unknown {
    const string = this.string();
    if (string !== undefined) return string;
    if (this.take("[")) return this.#list();
    if (this.take("{")) return this.#inlineTable();
    const word = this.match(/[^\s,\]}#]+(?: \d[\d:.]*)?/y)?.[0] ?? this.fail("a value is missing");
    if (word === "true" || word === "false") return word === "true";
    const number = Number(word.replaceAll("_", ""));
    if (!Number.isNaN(number)) return number;
    if (/^[-+]?(?:inf|nan)$/.test(word)) return word.endsWith("nan") ? NaN : Infinity;
    if (/^\d{4}-\d\d-\d\d|^\d\d:\d\d/.test(word)) return word;
    return this.fail(`${word} is no value`);
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    while (this.skipLines() && !this.take("]")) {
      list.push(this.value());
      this.skipLines();
      if (this.take(",")) continue;
      this.need("]");
      break;
    }
    return list;
  }

  #inlineTable(): Toml {
    const table: Toml = {};
    if (this.take("}")) return table;
    do assign(this, table); while (this.take(","));
    this.need("}");
    return table;
  }

  /** A string of one of the four kinds; undefined for something else. */
  string(): string | undefined {
    const raw = this.match(/'''\r?\n?([^]*?'{0,2})'''(?!')|'([^'\n]*)'/y);
    if (raw !== undefined) return raw[1] ?? raw[2]!;
    const cooked = this.match(/"""\r?\n?((?:[^\\]|\\[^])*?"{0,2})"""(?!")|"((?:[^"\\\n]|\\.)*)"/y);
    if (cooked === undefined) return undefined;
    return (cooked[1]?.replace(/\\[ \t]*\r?\n\s*/g, "") ?? cooked[2]!)
      .replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g, (_, short, long, letter) => {
        if (letter === undefined) return String.fromCodePoint(parseInt(short ?? long, 16));
        return escapes[letter] ?? this.fail(`\\${letter} means nothing`);
      });
  }
}

const escapes: Readonly<Record<string, string>> = {
  ...{ b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\x1b", '"': '"', "\\": "\\" },
};
