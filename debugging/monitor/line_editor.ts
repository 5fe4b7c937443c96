/** A prompt in a terminal in raw mode: a line that can be changed, and earlier lines. */
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

/**
 * Keys that come as control sequences, `ESC [ … letter`, and the control key that does the same.
 */
const SEQUENCES: Readonly<Record<string, string>> = {
  "[A": "\x10",
  "[B": "\x0e",
  "[C": "\x06",
  "[D": "\x02",
  "[H": "\x01",
  "[F": "\x05",
  "[1~": "\x01",
  "[4~": "\x05",
  "[3~": "delete",
};

export function lineEditor(prompt: string, { write, line, end }: LineHandlers): LineEditor {
  const decoder = new TextDecoder();
  const earlier: string[] = [];
  let before: string[] = [], behind: string[] = [];
  let at = 0, escape = "";

  const show = () => {
    // A position is saved and restored, because characters may be wide.
    write(`\r\x1b[K${prompt}${before.join("")}`);
    if (behind.length > 0) write(`\x1b7${behind.join("")}\x1b8`);
  };
  const replace = (text: string, rest = "") => {
    before = [...text];
    behind = [...rest];
    show();
  };
  const move = (left: boolean) => {
    const char = left ? before.pop() : behind.shift();
    if (char === undefined) return;
    if (left) behind.unshift(char);
    else before.push(char);
    show();
  };

  function enter(): void {
    write("\r\n");
    const done = [...before, ...behind].join("");
    before = [];
    behind = [];
    if (done.trim() !== "" && earlier.at(-1) !== done) earlier.push(done);
    at = earlier.length;
    line(done);
  }

  function control(key: string): void {
    const all = [...before, ...behind].join("");
    switch (key) {
      case "\r":
      case "\n":
        return enter();
      case "\x7f":
      case "\b":
        return replace(before.slice(0, -1).join(""), behind.join(""));
      case "delete":
        return replace(before.join(""), behind.slice(1).join(""));
      case "\x01":
        return replace("", all);
      case "\x05":
        return replace(all);
      case "\x02":
      case "\x06":
        return move(key === "\x02");
      case "\x0b":
        return replace(before.join(""));
      case "\x15":
        return replace("", behind.join(""));
      case "\x17":
        return replace(before.join("").replace(/\S*\s*$/, ""), behind.join(""));
      case "\x0c":
        write("\x1b[H\x1b[2J");
        return show();
      case "\x10":
        return at > 0 ? replace(earlier[--at]!) : undefined;
      case "\x0e":
        return at < earlier.length ? replace(earlier[++at] ?? "") : undefined;
      case "\x03":
        write("^C\r\n");
        return replace("");
      case "\x04":
        return all === "" ? end() : control("delete");
    }
  }

  function key(char: string): void {
    if (escape !== "" || char === "\x1b") {
      escape += char;
      if (escape === "\x1b" || escape === "\x1b[" || escape === "\x1bO") return;
      if (!/[A-Za-z~]$/.test(escape) && escape.length <= 8) return;
      const known = SEQUENCES[escape.slice(1).replace("O", "[")];
      escape = "";
      if (known !== undefined) control(known);
    } else if (/\p{Cc}/u.test(char)) control(char);
    else if (before.length + behind.length < LONGEST) {
      before.push(char);
      if (behind.length === 0) write(char);
      else show();
    }
  }

  return {
    keys(bytes) {
      for (const char of decoder.decode(bytes, { stream: true })) key(char);
    },
    prompt: show,
  };
}
