import { equal, throws } from "node:assert/strict";
import { manualClock } from "../tests/harness/manual_clock.ts";
import { message, T0 } from "../tests/progress/messages.ts";
import { outputTo, Terminal } from "../tests/progress/terminal.ts";
import { cursor } from "../cli/cursor.ts";
import { applyStatus } from "./apply_status.ts";
import { ttyRenderer } from "./tty.ts";
import { newState } from "./state.ts";

function display(
  terminal: Pick<Terminal, "columns" | "rows" | "write">,
  rate = 0,
) {
  const state = newState({ tail: { lines: 10, size: 1000 }, recent: 1000 });
  let now = T0;
  const renderer = ttyRenderer(state, {
    out: outputTo((text) => terminal.write(text)),
    now: () => now,
    size: () => terminal,
    rate,
    colors: { run: "\x1b[34m", cancel: "", warning: "", error: "", log: "" },
    logRows: 6,
    label: "remote:b",
  });
  return {
    renderer,
    update(ms: number, brief: Parameters<typeof message>[0]) {
      now = T0 + ms;
      const status = message(brief);
      renderer.update(status, applyStatus(state, status, now));
    },
  };
}

const steps = (from: number, to: number, stop?: number) =>
  Array.from({ length: to - from }, (_, i) => ({
    d: `v${from + i}`,
    name: `step ${from + i}`,
    start: 0,
    ...(stop !== undefined && { stop }),
  }));

Deno.test("frames replace each other in one write each; the cursor is hidden, then shown", () => {
  const terminal = new Terminal(40, 10);
  terminal.write("$ fairlead build\n");
  const { renderer, update } = display(terminal);
  update(0, { v: steps(0, 3) });
  equal(
    terminal.text(),
    `$ fairlead build
[+] Building 0.0s (0/3)        remote:b
 => step 0                         0.0s
 => step 1                         0.0s
 => step 2                         0.0s`,
  );
  equal(terminal.cursorVisible, false);
  const { writes } = terminal;
  update(1200, { v: steps(0, 1, 900) });
  equal(terminal.writes, writes + 1);
  update(2000, { v: steps(0, 3, 2000) });
  renderer.finish({});
  equal(
    terminal.text(),
    `$ fairlead build
[+] Building 2.0s (3/3) FINISHED remote
 => step 0                         2.0s
 => step 1                         2.0s
 => step 2                         2.0s`,
  );
  equal(terminal.history.length, 0);
  equal(terminal.cursorVisible && terminal.wrap && !terminal.synchronized, true);
});

Deno.test("a build taller than the terminal leaves one whole last frame", () => {
  const terminal = new Terminal(40, 8);
  const { renderer, update } = display(terminal);
  for (let i = 0; i < 30; i++) {
    update(i, { v: steps(0, i + 1) });
    equal(terminal.history.length, 0);
  }
  update(100, { v: steps(0, 30, 100) });
  renderer.finish({ error: new Error("x") });
  const all = [...terminal.history, ...terminal.screen].join("\n").trimEnd().split("\n");
  equal(all.length, 31);
  equal(all[0]?.includes("(30/30) ERROR"), true);
  equal(all.every((line, i) => i === 0 || line.startsWith(` => step ${i - 1} `)), true);
});

Deno.test("a terminal that becomes narrower has no remains of the wider frame", () => {
  const terminal = new Terminal(80, 24);
  const { renderer, update } = display(terminal);
  update(0, { v: steps(0, 4) });
  for (const columns of [50, 31, 64, 80, 40]) {
    terminal.resize(columns);
    update(10, { v: steps(0, 4) });
    equal(terminal.text().split("\n").length, 5, `${columns}: ${terminal.text()}`);
  }
  renderer.abandon();
});

Deno.test("a note goes above the frame and stays", () => {
  const terminal = new Terminal(40, 6);
  const { renderer, update } = display(terminal);
  update(0, { v: steps(0, 2) });
  renderer.note("WARNING: a.txt has vanished");
  update(5, { v: steps(0, 3) });
  equal(terminal.text().split("\n")[0], "WARNING: a.txt has vanished");
  equal(terminal.text().split("\n").length, 5);
  // A long one takes the rows it needs.
  terminal.rows = 20;
  renderer.note("x".repeat(100));
  update(6, { v: steps(0, 3) });
  const lines = terminal.text().split("\n");
  equal(lines.slice(1, 4).join(""), "x".repeat(100));
  equal(lines.length, 1 + 3 + 4);
  renderer.finish({ canceled: true });
  equal(terminal.text().includes("CANCELED"), true);
});

Deno.test("abandon() gives the cursor back and paints no more", async () => {
  using clock = manualClock();
  const terminal = new Terminal(40, 6);
  const { renderer, update } = display(terminal, 1);
  update(0, { v: steps(0, 2) });
  await clock.advance(20);
  renderer.abandon();
  const { writes } = terminal;
  equal(writes > 1, true);
  equal(terminal.cursorVisible, true);
  await clock.advance(10);
  equal(terminal.writes, writes);
});

Deno.test("leaving in a hurry gives the cursor back", () => {
  const terminal = new Terminal(40, 6);
  const { renderer, update } = display(terminal);
  update(0, { v: steps(0, 2) });
  equal(terminal.cursorVisible, false);
  dispatchEvent(new Event("unload"));
  equal(terminal.cursorVisible, true);
  renderer.finish({});
  const { writes } = terminal;
  dispatchEvent(new Event("unload"));
  equal(terminal.writes, writes);
});

Deno.test("a terminal that is gone fails those who write, not a timer", async () => {
  using clock = manualClock();
  let gone = false;
  let writes = 0;
  const write = () => {
    writes++;
    if (gone) throw new Error("gone");
  };
  const { renderer } = display({ columns: 40, rows: 10, write }, 1);
  renderer.note("x");
  gone = true;
  await clock.advance(20);
  equal(writes, 2);
  throws(() => renderer.finish({}), /gone/);
});

Deno.test("the cursor is hidden once signals are listened to: before, a Ctrl-C would leave it so", () => {
  const terminal = new Terminal(40, 10);
  const { update } = display(terminal);
  cursor.mayHide = false;
  try {
    update(0, { v: steps(0, 3) });
    equal(terminal.cursorVisible, true);
  } finally {
    cursor.mayHide = true;
  }
  update(100, { v: steps(3, 4) });
  equal(terminal.cursorVisible, false);
});
