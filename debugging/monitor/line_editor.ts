/** A prompt in a terminal in raw mode: a line with its last characters to change, and earlier lines. */
export interface LineEditor {
  keys(bytes: Uint8Array): void;
  /** Shows the prompt with what was typed so far. */
  prompt(): void;
}

/** The handlers of a line editor. */
export interface LineHandlers {
  readonly write: (text: string) => void;
  readonly line: (line: string) => void;
  /** Ctrl-D on an empty line. */
  readonly end: () => void;
}

/** The longest line, in characters. */
const LONGEST = 4096;

export function lineEditor(prompt: string, { write, line, end }: LineHandlers): LineEditor {
  const decoder = new TextDecoder();
  const earlier: string[] = [];
  let typed = "", at = 0, escape = "";
  const show = () => write(`\r\x1b[K${prompt}${typed}`);
  const replace = (text: string) => {
    typed = text;
    show();
  };

  function key(char: string): void {
    if (escape !== "" || char === "\x1b") {
      escape += char;
      // An arrow is ESC [ and a letter.
      if (escape === "\x1b" || escape === "\x1b[" || escape === "\x1bO") return;
      if (/[A-Za-z~]$/.test(escape) || escape.length > 8) {
        const arrow = escape.at(-1);
        escape = "";
        if (arrow === "A" && at > 0) replace(earlier[--at]!);
        if (arrow === "B" && at < earlier.length) replace(earlier[++at] ?? "");
      }
      return;
    }
    if (char === "\r" || char === "\n") {
      write("\r\n");
      const done = typed;
      typed = "";
      if (done.trim() !== "" && earlier.at(-1) !== done) earlier.push(done);
      at = earlier.length;
      line(done);
    } else if (char === "\x7f" || char === "\b") replace(typed.slice(0, -1));
    else if (char === "\x15") replace("");
    else if (char === "\x03") {
      typed = "";
      write("^C\r\n");
      show();
    } else if (char === "\x04") {
      if (typed === "") end();
    } else if (char >= " " && typed.length < LONGEST) {
      typed += char;
      write(char);
    }
  }

  return {
    keys(bytes) {
      for (const char of decoder.decode(bytes, { stream: true })) key(char);
    },
    prompt: show,
  };
}
