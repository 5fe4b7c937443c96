import { bytesOfText } from "./raw_bytes.ts";

/**
 * Makes text harmless for a terminal. Names, logs and messages come from daemons, registries and
 * files of others. A terminal would obey control characters in them: move the cursor over earlier
 * lines, fill the clipboard, or rename the window (ECMA-48, and xterm's operating system commands).
 *
 * Colours (SGR) stay, up to the end of their line: a hidden or black one must not reach the next
 * line. All other escape sequences and control characters are removed. A carriage return becomes a
 * space: otherwise a step could overwrite the start of its line, which names the step.
 */
interface TerminalText {
  /** Makes a text harmless. */
  text(text: string): string;
  /** Makes bytes harmless. A character or a colour may be split between two calls. */
  bytes(bytes: Uint8Array): string;
}

const HARMLESS = /^[\n\t -~]*$/;
// deno-lint-ignore no-control-regex -- the pattern matches control characters
const COLOR = /^\x1b\[[0-9;:]*m/;
// deno-lint-ignore no-control-regex
const RESET = /^\x1b\[0*m$/;
// deno-lint-ignore no-control-regex
const BEGINNING = /\x1b(?:\[[0-9;:]{0,40})?$/;
/**
 * The alternatives in order: a control sequence; a control string with its end in the same line;
 * another escape sequence; a line end; a control character; a character that changes the writing
 * direction.
 */
const SPECIAL =
  // deno-lint-ignore no-control-regex
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c\n\r]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]|\r?\n|[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** @returns a filter for one terminal stream; it remembers what the last call left unfinished */
export function terminalText(): TerminalText {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let decoding = false;
  /** The beginning of a colour, at the end of the last text. */
  let begun = "";
  /** A colour is on. */
  let colored = false;

  function filter(text: string): string {
    const whole = begun + text;
    const goesOn = begun === "" || COLOR.test(whole) || BEGINNING.exec(whole)?.index === 0;
    const source = goesOn ? whole : text;
    begun = BEGINNING.exec(source)?.[0] ?? "";
    if (!colored && HARMLESS.test(source)) return source;
    return source.slice(0, source.length - begun.length).replace(SPECIAL, (token) => {
      if (token === "\n") {
        const end = colored ? "\x1b[0m\n" : "\n";
        colored = false;
        return end;
      }
      if (COLOR.test(token)) {
        colored = !RESET.test(token);
        return token;
      }
      return token === "\r" ? " " : token === "\r\n" ? "\n" : "";
    });
  }

  function decode(bytes: Uint8Array, stream: boolean): string {
    decoding = stream;
    return decoder.decode(bytes, { stream });
  }

  return {
    text(text) {
      if (!text.isWellFormed()) return filter(decode(bytesOfText(text), true));
      return filter(decoding ? decode(new Uint8Array(), false) + text : text);
    },
    bytes: (bytes) => filter(decode(bytes, true)),
  };
}
