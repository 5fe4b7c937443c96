import assert from "node:assert/strict";
import { lineEditor } from "./line_editor.ts";

/** The lines that come of keys, and whether they ended the prompt. */
function typed(...keys: string[]): { lines: string[]; ended: boolean } {
  const lines: string[] = [];
  let ended = false;
  const editor = lineEditor("> ", {
    write: () => {},
    line: (line) => void lines.push(line),
    end: () => void (ended = true),
  });
  for (const key of keys) editor.keys(new TextEncoder().encode(key));
  return { lines, ended };
}

const LEFT = "\x1b[D", RIGHT = "\x1b[C", UP = "\x1b[A", DOWN = "\x1b[B", HOME = "\x1b[H";

Deno.test("a line is changed where the cursor is", () => {
  const cases: [keys: string[], line: string][] = [
    [["exc ls", LEFT, LEFT, LEFT, LEFT, "e"], "exec ls"],
    [["ls", HOME, "exec ", "\x1bOF", " -a"], "exec ls -a"],
    [["xps", "\x01", "\x1b[3~"], "ps"],
    [["ps", RIGHT, RIGHT, LEFT, LEFT, LEFT, "é", "\x06", "\x7f"], "és"],
    [["exec one two", "\x17", "\x17", "three"], "exec three"],
    [["ps junk", ...Array(5).fill("\x02"), "\x0b"], "ps"],
    [["junk", "\x15", "ps"], "ps"],
    [["junk", "\x03", "ps"], "ps"],
    [["é", "x".repeat(5000), "\x7f", "y"], `é${"x".repeat(4094)}y`],
  ];
  for (const [keys, line] of cases) {
    assert.deepEqual(typed(...keys, "\r").lines, [line], JSON.stringify(keys));
  }
});

Deno.test("earlier lines come back, and unknown keys do nothing", () => {
  const { lines } = typed(
    "one\r",
    "two\r",
    UP,
    UP,
    UP,
    "\r",
    UP,
    UP,
    DOWN,
    "\r",
    "\x1b[15~\x1bx\r",
  );
  assert.deepEqual(lines, ["one", "two", "one", "one", ""]);
});

Deno.test("Ctrl-D ends an empty line alone", () => {
  assert.equal(typed("ps", "\x04").ended, false);
  assert.equal(typed("ps", "\x15", "\x04").ended, true);
  assert.deepEqual(typed("pxs", LEFT, LEFT, "\x04\r").lines, ["ps"]);
});
