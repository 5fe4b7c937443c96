/**
 * A terminal's reading of bytes: a separate parser for the tests, written from the state diagram of
 * DEC's terminals (https://vt100.net/emu/dec_ansi_parser). C1 controls count both as characters of
 * UTF-8 and as single bytes. The parser shares no code with the filter that it judges.
 */
export type Action =
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "control"; readonly code: number }
  /** `\x1b[?25h` has the final `h` and the rest `?25`. */
  | { readonly kind: "csi"; readonly rest: string; readonly final: string }
  | { readonly kind: "escape"; readonly rest: string }
  /** An operating system command, a device control string and their like; it may lack its end. */
  | { readonly kind: "string"; readonly opener: string };

type State = "ground" | "escape" | "csi" | "string" | "string escape";

const STRINGS: Readonly<Record<number, string>> = {
  0x50: "DCS",
  0x58: "SOS",
  0x5d: "OSC",
  0x5e: "PM",
  0x5f: "APC",
};

export function actionsOf(bytes: Uint8Array): Action[] {
  const actions: Action[] = [];
  let state: State = "ground";
  let rest = "";
  let opener = "";
  const escape = (code: number) => {
    if (code >= 0x20 && code <= 0x2f) rest += String.fromCharCode(code);
    else if (code === 0x5b && rest === "") state = "csi";
    else if (code in STRINGS && rest === "") [state, opener] = ["string", STRINGS[code]!];
    else {
      actions.push({ kind: "escape", rest: rest + String.fromCharCode(code) });
      state = "ground";
    }
  };
  const step = (code: number) => {
    if (state === "string" || state === "string escape") {
      const ends = code === 0x07 || code === 0x9c || state === "string escape" && code === 0x5c;
      if (ends) {
        actions.push({ kind: "string", opener });
        state = "ground";
      } else state = code === 0x1b ? "string escape" : "string";
    } else if (code === 0x1b) [state, rest] = ["escape", ""];
    else if (code >= 0x80 && code <= 0x9f) {
      [state, rest] = ["escape", ""];
      escape(code - 0x40);
    } else if (code < 0x20 || code === 0x7f) actions.push({ kind: "control", code });
    else if (state === "escape") escape(code);
    else if (state === "csi") {
      if (code >= 0x40 && code <= 0x7e) {
        actions.push({ kind: "csi", rest, final: String.fromCharCode(code) });
        state = "ground";
      } else rest += String.fromCodePoint(code);
    } else actions.push({ kind: "print", text: String.fromCodePoint(code) });
  };
  for (const code of codesOf(bytes)) step(code);
  if (state !== "ground") actions.push({ kind: "string", opener: opener || "unfinished" });
  return actions;
}

/** Characters of UTF-8; a byte that belongs to none stands for itself. */
function* codesOf(bytes: Uint8Array): Generator<number> {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]!;
    const length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      yield strict.decode(bytes.subarray(at, at + length)).codePointAt(0)!;
      at += length;
    } catch {
      yield lead;
      at++;
    }
  }
}
