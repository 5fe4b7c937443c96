/**
 * The modes of a terminal that a program has changed. A full-screen program that is left behind, or
 * whose builder is lost, doesn't change them back.
 */

/** Watches a program's output. */
export interface TerminalModes {
  watch(bytes: Uint8Array): void;
  /** The control sequences that undo the changes so far; empty for none. */
  undo(): string;
}

/**
 * Modes that are on in a terminal's usual state: the right margin wraps, and the cursor is shown.
 */
const USUALLY_ON = new Set(["7", "25"]);
const ESCAPE = 0x1b;
/** A terminal has fewer modes; a hostile program may name any number. */
const MOST = 64;
/** A sequence that is cut waits for its rest; a longer one is none of these. */
const LONGEST = 40;

// deno-lint-ignore no-control-regex -- private modes on or off, the scrolling region, the keypad
const CHANGE = /\x1b(?:\[\?([\d;]{1,30})([hl])|\[([\d;]*)r|([=>]))/g;

export function terminalModes(): TerminalModes {
  const changed = new Map<string, boolean>();
  let region = false, keypad = false;
  let held = "";
  return {
    watch(bytes) {
      if (held === "" && !bytes.includes(ESCAPE)) return;
      const text = held + new TextDecoder("latin1").decode(bytes);
      for (const [, modes, set, rows, key] of text.matchAll(CHANGE)) {
        if (modes !== undefined) {
          for (const mode of modes.split(";")) {
            if (USUALLY_ON.has(mode) === (set === "h")) changed.delete(mode);
            else if (changed.size < MOST) changed.set(mode, set === "h");
          }
        } else if (key !== undefined) keypad = key === "=";
        else region = rows !== "";
      }
      const last = text.lastIndexOf("\x1b");
      held = last >= 0 && text.length - last < LONGEST ? text.slice(last) : "";
    },
    undo() {
      const parts = [...changed].map(([mode, on]) => `\x1b[?${mode}${on ? "l" : "h"}`);
      // The scroll region is reset first, because that moves the cursor. Each screen has a region.
      if (region) parts.unshift("\x1b7\x1b[r\x1b8");
      if (keypad) parts.push("\x1b>");
      changed.clear();
      region = keypad = false;
      held = "";
      return parts.length === 0 ? "" : `${parts.join("")}\x1b[m`;
    },
  };
}
