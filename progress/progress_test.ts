import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { manualClock } from "../tests/harness/manual_clock.ts";
import { message, T0 } from "../tests/progress/messages.ts";
import { outputTo } from "../tests/progress/terminal.ts";
import type { Mode } from "./mode.ts";
import { type ProgressOptions, startProgress } from "./progress.ts";

function start(mode: Mode, more: Partial<ProgressOptions> = {}) {
  const written: string[] = [];
  let now = T0;
  const progress = startProgress({
    mode,
    out: outputTo((text) => written.push(text), { isTerminal: mode === "tty" }),
    size: () => ({ columns: 60, rows: 20 }),
    env: () => undefined,
    now: () => now,
    title: 'building with "b" instance using remote driver',
    label: "remote:b",
    ...more,
  });
  return { progress, written, at: (ms: number) => now = T0 + ms };
}

/** A variable of the environment, and no other. */
const only = (name: string, value: string) => (asked: string) => asked === name ? value : undefined;

const failing = [
  message({ v: [{ d: "a", name: "RUN x", start: 0 }], l: [{ v: "a", at: 5, text: "no\n" }] }),
  message({
    v: [{ d: "a", name: "RUN x", start: 0, stop: 9, error: "exit code: 1" }],
    w: [{ v: "a", short: "Rule: text (line 1)" }],
  }),
];

Deno.test("plain, from the first line to the last", () => {
  const { progress, written } = start("plain");
  for (const status of failing) progress.update(status);
  progress.note("by the way");
  progress.finish({ error: new Error("x") });
  progress.finish();
  progress.update(message({ v: [{ d: "late", start: 0 }] }));
  equal(
    written.join(""),
    `#0 building with "b" instance using remote driver

#1 RUN x
#1 0.005 no
by the way
#1 WARN: Rule: text (line 1)
#1 ERROR: exit code: 1
------
 > RUN x:
0.005 no
------

 \x1b[33m1 warning found (use docker --debug to expand):
\x1b[0m - Rule: text (line 1)
`,
  );
});

Deno.test("plain writes in batches", async () => {
  using clock = manualClock();
  const { progress, written, at } = start("plain");
  progress.update(message({ v: [{ d: "a", start: 0 }] }));
  equal(written.length, 1);
  for (let i = 1; i <= 1000; i++) {
    progress.update(message({ l: [{ v: "a", at: i, text: `${i}\n` }] }));
  }
  equal(written.length, 1);
  at(120);
  await clock.advance(120);
  equal(written.length, 2);
  for (let i = 1; i <= 100; i++) {
    progress.update(message({ l: [{ v: "a", at: i, text: "x".repeat(10_000) + "\n" }] }));
  }
  // A megabyte doesn't wait to be written at once.
  equal(written.length >= 4, true);
  progress.finish();
});

Deno.test("tty gives the terminal back, at the end and when dropped", () => {
  const { progress, written } = start("tty", { env: only("NO_COLOR", "1") });
  for (const status of failing) progress.update(status);
  progress.finish({ error: new Error("x") });
  const end = written.slice(-2);
  equal(end[0]?.includes("(1/1) ERROR"), true);
  equal(end[0]?.includes("\x1b[?25h"), true);
  // The failed step is the last thing on the screen.
  equal(end[1]?.startsWith("\n 1 warning found"), true);
  equal(/ => ERROR RUN x +[\d.]+s\n------\n0\.005 no\n------\n$/.test(end[1] ?? ""), true);
  {
    using dropped = start("tty").progress;
    dropped.update(message({}));
  }
});

Deno.test("an abort is answered at once on a terminal, and nowhere else", () => {
  const answer = "cancelling; press Ctrl-C again to leave";
  for (const [mode, isTerminal] of [["tty", true], ["plain", true], ["plain", false]] as const) {
    const controller = new AbortController();
    const { signal } = controller;
    const written: string[] = [];
    const out = outputTo((text) => written.push(text), { isTerminal });
    using progress = start(mode, { out, signal, size: () => ({ columns: 80, rows: 24 }) }).progress;
    progress.update(message({ v: [{ d: "a", name: "RUN a", start: 0 }] }));
    equal(written.join("").includes(answer), false);
    controller.abort();
    equal(written.join("").includes(answer), isTerminal, mode);
    progress.finish({ canceled: true });
    equal(written.at(-1)?.includes(answer), mode === "plain" && isTerminal);
  }
});

Deno.test("rawjson is JSON only, quiet is silent but for notes", () => {
  const raw = start("rawjson");
  for (const status of failing) raw.progress.update(status);
  raw.progress.note("by the way");
  raw.progress.finish({ error: new Error("x") });
  equal(raw.written.length, 2);
  for (const line of raw.written) JSON.parse(line);

  const quiet = start("quiet");
  for (const status of failing) quiet.progress.update(status);
  quiet.progress.note("a file vanished");
  quiet.progress.finish({});
  equal(quiet.written.join(""), "a file vanished\n");
  equal(quiet.progress.warnings().length, 1);
});

Deno.test("our own vertexes are shown like the daemon's, by our own clock", () => {
  const { progress, written, at } = start("plain");
  // The daemon's clock is an hour behind.
  at(3_600_000);
  progress.update(message({ v: [{ d: "a", start: 0, stop: 100 }] }));
  const vertex = progress.local.start("importing to docker");
  at(3_601_000);
  vertex.progress("loading layer", 5000, 5000);
  vertex.done();
  progress.finish();
  equal(
    written.join("").endsWith(
      "#2 loading layer 5.00kB / 5.00kB\n#2 loading layer 5.00kB / 5.00kB done\n#2 DONE 1.0s\n",
    ),
    true,
    written.join(""),
  );
});

Deno.test("an output that is closed fails those who write, not a timer", async () => {
  using clock = manualClock();
  let gone = false;
  const out = outputTo(() => {
    if (gone) throw new Error("gone");
  });
  const { progress } = start("plain", { out, env: only("TTY_DISPLAY_RATE", "5") });
  progress.update(message({ v: [{ d: "a", start: 0 }] }));
  gone = true;
  progress.update(message({ l: [{ v: "a", at: 1, text: "x\n" }] }));
  await clock.advance(20);
  throws(() => progress.note("y"), /gone/);
  progress.finish();
});

Deno.test("output that is due is shown even without finish()", () => {
  const { progress, written } = start("plain");
  progress.update(message({ v: [{ d: "a", start: 0 }] }));
  progress.update(message({ v: [{ d: "a", start: 0, stop: 5, error: "no" }] }));
  progress[Symbol.dispose]();
  equal(written.join("").endsWith("#1 ERROR: no\n"), true);
});

Deno.test("while a user is asked something, the display writes nothing to the terminal", async () => {
  using clock = manualClock();
  const { progress, written } = start("tty", { env: only("TTY_DISPLAY_RATE", "5") });
  const order: string[] = [];
  const ask = (name: string) =>
    progress.asking(async () => {
      order.push(name);
      const before = written.length;
      progress.local.start(`meanwhile ${name}`);
      await clock.advance(60);
      equal(written.length, before);
      // The last write took the frame away, and gave the cursor back.
      ok(written.at(-1)!.endsWith("\x1b[J\x1b[?7h\x1b[?25h"), JSON.stringify(written.at(-1)));
      order.push(name);
    });
  progress.local.start("before");
  await Promise.all([ask("one"), ask("two")]);
  deepEqual(order, ["one", "one", "two", "two"]);
  progress.finish();
  ok(written.at(-1)!.includes("meanwhile two"));
});
