import { charWidth } from "../../base/width.ts";
import type { Output } from "../../cli/deps.ts";
import { outputOf } from "../../cli/terminal.ts";

/** The program's own output, whose bytes go to a function: as text, one call a write. */
export function outputTo(write: (text: string) => void, options: OutputOptions = {}): Output {
  const decoder = new TextDecoder();
  return outputOfBytes((bytes) => write(decoder.decode(bytes, { stream: true })), options);
}

interface OutputOptions {
  readonly isTerminal?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** The same, as bytes. */
export function outputOfBytes(
  write: (bytes: Uint8Array) => void,
  { isTerminal = true, columns = 80, rows = 24 }: OutputOptions = {},
): Output {
  const writeSync = (bytes: Uint8Array) => {
    write(bytes);
    return bytes.length;
  };
  const stream = {
    isTerminal: () => isTerminal,
    writeSync,
    write: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)),
  };
  const size = () => isTerminal ? { columns, rows } : undefined;
  return { ...outputOf(stream, "the test's output"), size };
}

/**
 * A terminal for tests: as much of one as the display uses, with a history of what scrolled off,
 * and lines that don't fit folded when it becomes narrower. It throws at a sequence it doesn't
 * know.
 */
export class Terminal {
  history: string[] = [];
  screen: string[] = [""];
  cursorVisible = true;
  wrap = true;
  synchronized = false;
  writes = 0;
  #x = 0;
  #y = 0;
  constructor(public columns: number, public rows: number) {}

  write(text: string): void {
    this.writes++;
    for (const [token, args, final] of text.matchAll(TOKEN)) {
      if (final) this.#sequence(args ?? "", final);
      else if (token === "\n") this.#down();
      else if (token === "\r") this.#x = 0;
      else this.#put(token);
    }
  }

  /** As it looks, without empty rows at its end. */
  text(): string {
    return this.screen.join("\n").trimEnd();
  }

  resize(columns: number): void {
    if (columns < this.columns) {
      const before = this.screen.slice(0, this.#y);
      const folded = before.flatMap((line) => {
        const parts: string[] = [];
        for (let i = 0; i === 0 || i < line.length; i += columns) {
          parts.push(line.slice(i, i + columns));
        }
        return parts;
      });
      this.screen = [...folded, ...this.screen.slice(this.#y)];
      this.#y = folded.length;
      while (this.#y >= this.rows) this.#scroll();
    }
    this.columns = columns;
  }

  #sequence(args: string, final: string): void {
    if (final === "m") return;
    if (final === "A") this.#y = Math.max(0, this.#y - Number(args || 1));
    else if (final === "J" && args === "") {
      this.screen.length = this.#y;
      this.screen.push("");
    } else if (final === "K") {
      const kept = args === "2" ? "" : (this.screen[this.#y] ?? "").slice(0, this.#x);
      this.screen[this.#y] = kept;
    } else if (args === "?25") this.cursorVisible = final === "h";
    else if (args === "?7") this.wrap = final === "h";
    else if (args === "?2026") this.synchronized = final === "h";
    else throw new Error(`Unknown sequence: ${args}${final}`);
  }

  #put(character: string): void {
    if (this.#x + charWidth(character) > this.columns) {
      if (!this.wrap) throw new Error(`The line is too wide: ${this.screen[this.#y]}`);
      this.#down();
    }
    const line = (this.screen[this.#y] ?? "").padEnd(this.#x);
    this.screen[this.#y] = line.slice(0, this.#x) + character +
      line.slice(this.#x + character.length);
    this.#x += character.length;
  }

  #down(): void {
    this.#x = 0;
    this.#y++;
    if (this.#y >= this.rows) this.#scroll();
    if (this.screen.length <= this.#y) this.screen.push("");
  }

  #scroll(): void {
    this.history.push(this.screen.shift() ?? "");
    this.#y--;
  }
}

// deno-lint-ignore no-control-regex -- control characters are what it is about
const TOKEN = /\x1b\[([?0-9;]*)([A-Za-z])|[^]/gu;
