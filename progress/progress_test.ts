import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { message, T0 } from "../tests/progress/messages.ts";
import { outputTo } from "../tests/progress/terminal.ts";
import type { Mode } from "./mode.ts";
import { startProgress } from "./progress.ts";

function start(mode: Mode, env: Record<string, string> = {}) {
  const written: string[] = [];
  let now = T0;
  const progress = startProgress({
    mode,
    out: outputTo((text) => written.push(text), { isTerminal: mode === "tty" }),
    size: () => ({ columns: 60, rows: 20 }),
    env: (name) => env[name],
    now: () => now,
    title: 'building with "b" instance using remote driver',
    label: "remote:b",
  });
  return { progress, written, at: (ms: number) => now = T0 + ms };
}

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
  const { progress, written, at } = start("plain");
  progress.update(message({ v: [{ d: "a", start: 0 }] }));
  equal(written.length, 1);
  for (let i = 1; i <= 1000; i++) {
    progress.update(message({ l: [{ v: "a", at: i, text: `${i}\n` }] }));
  }
  equal(written.length, 1);
  await new Promise((resolve) => setTimeout(resolve, 120));
  at(120);
  equal(written.length, 2);
  for (let i = 1; i <= 100; i++) {
    progress.update(message({ l: [{ v: "a", at: i, text: "x".repeat(10_000) + "\n" }] }));
  }
  // A megabyte doesn't wait to be written at once.
  equal(written.length >= 4, true);
  progress.finish();
});

Deno.test("tty gives the terminal back, at the end and when dropped", () => {
  const { progress, written } = start("tty", { NO_COLOR: "1" });
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
    const written: string[] = [];
    using progress = startProgress({
      mode,
      out: outputTo((text) => written.push(text), { isTerminal }),
      size: () => ({ columns: 80, rows: 24 }),
      env: () => undefined,
      title: "",
      label: "",
      signal: controller.signal,
    });
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
  let gone = false;
  const progress = startProgress({
    mode: "plain",
    out: outputTo(() => {
      if (gone) throw new Error("gone");
    }),
    size: () => ({ columns: 60, rows: 20 }),
    env: (name) => name === "TTY_DISPLAY_RATE" ? "5" : undefined,
    now: () => T0,
    title: 'building with "b" instance using remote driver',
    label: "remote:b",
  });
  progress.update(message({ v: [{ d: "a", start: 0 }] }));
  gone = true;
  progress.update(message({ l: [{ v: "a", at: 1, text: "x\n" }] }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  throws(() => progress.note("y"), /gone/);
  progress.finish();
});

Deno.test("what is due is shown even without finish()", () => {
  const { progress, written } = start("plain");
  progress.update(message({ v: [{ d: "a", start: 0 }] }));
  progress.update(message({ v: [{ d: "a", start: 0, stop: 5, error: "no" }] }));
  progress[Symbol.dispose]();
  equal(written.join("").endsWith("#1 ERROR: no\n"), true);
});

Deno.test("while somebody is asked something, the display keeps away from the terminal", async () => {
  const writes: string[] = [];
  const progress = startProgress({
    mode: "tty",
    out: outputTo((text) => void writes.push(text)),
    size: () => ({ columns: 80, rows: 24 }),
    env: (name) => name === "TTY_DISPLAY_RATE" ? "5" : undefined,
    title: 'building with "b" instance using remote driver',
    label: "remote:b",
  });
  const order: string[] = [];
  const ask = (name: string) =>
    progress.asking(async () => {
      order.push(name);
      const before = writes.length;
      progress.local.start(`meanwhile ${name}`);
      await new Promise((resolve) => setTimeout(resolve, 60));
      equal(writes.length, before);
      // The last write took the frame away, and gave the cursor back.
      ok(writes.at(-1)!.endsWith("\x1b[J\x1b[?7h\x1b[?25h"), JSON.stringify(writes.at(-1)));
      order.push(name);
    });
  progress.local.start("before");
  await Promise.all([ask("one"), ask("two")]);
  deepEqual(order, ["one", "one", "two", "two"]);
  progress.finish();
  ok(writes.at(-1)!.includes("meanwhile two"));
});
