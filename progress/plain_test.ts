import { equal } from "node:assert/strict";
import { type Brief, message, T0 } from "../tests/progress/messages.ts";
import { applyStatus } from "./apply_status.ts";
import { plainPrinter } from "./plain.ts";
import { newState } from "./state.ts";

/** Steps of `[when, what came]`; what is printed after each, joined. */
function printed(steps: [number, Brief][], options = { title: "", truncate: false }): string {
  const state = newState({ tail: { lines: 10, size: 1000 }, recent: 0 });
  const printer = plainPrinter(state, options);
  let text = "";
  for (const [now, brief] of steps) {
    printer.collect(applyStatus(state, message(brief), T0 + now), T0 + now);
    text += printer.print(T0 + now);
  }
  return text;
}

const start: [number, Brief] = [0, { v: [{ d: "a", name: "[1/2] RUN x", start: 0 }] }];

Deno.test("a build from header to end", () => {
  const text = printed([
    [0, { v: [{ d: "ctx", name: "[internal] load build context", start: 0 }] }],
    [50, { s: [{ v: "ctx", id: "transferring context:", at: 50, start: 20 }] }],
    [100, {
      s: [{ v: "ctx", id: "transferring context:", at: 520, start: 20, stop: 520, current: 61e6 }],
    }],
    [600, { v: [{ d: "ctx", name: "[internal] load build context", start: 0, stop: 600 }] }],
    [600, { v: [{ d: "a", name: "RUN x", start: 600, stop: 601, cached: true }] }],
  ], { title: 'building with "b" instance using remote driver', truncate: false });
  equal(
    text,
    `#0 building with "b" instance using remote driver

#1 [internal] load build context
#1 transferring context: 0.0s
#1 transferring context: 61.00MB 0.5s done
#1 DONE 0.6s

#2 RUN x
#2 CACHED
`,
  );
});

Deno.test("log lines carry the time since the start; pieces of a line are joined", () => {
  equal(
    printed([
      start,
      [200, { l: [{ v: "a", at: 200, text: "one\npar" }] }],
      [300, { l: [{ v: "a", at: 300, text: "tial" }] }],
      [400, { l: [{ v: "a", at: 12_000, text: "!\n\nlast" }] }],
      [500, { v: [{ d: "a", name: "[1/2] RUN x", start: 0, stop: 123_456 }] }],
    ]),
    [
      "#1 [1/2] RUN x",
      "#1 0.200 one",
      "#1 0.200 partial!",
      "#1 12.00 ",
      "#1 12.00 last",
      "#1 DONE 123.5s",
      "",
    ].join("\n"),
  );
});

Deno.test("a line that was interrupted is repeated whole", () => {
  equal(
    printed([
      start,
      [10, { l: [{ v: "a", at: 10, text: "begin" }] }],
      [20, { s: [{ v: "a", id: "part", at: 20, start: 20, stop: 20 }] }],
      [30, { l: [{ v: "a", at: 30, text: " and end\n" }] }],
    ]),
    "#1 [1/2] RUN x\n#1 0.010 begin\n#1 part done\n#1 0.010 begin and end\n",
  );
});

Deno.test("another vertex takes over once the current one had its time", () => {
  const text = printed([
    start,
    [10, { l: [{ v: "a", at: 10, text: "from a\n" }] }],
    [20, { v: [{ d: "b", name: "RUN y", start: 20 }], l: [{ v: "b", at: 30, text: "from b\n" }] }],
    [4000, { l: [{ v: "a", at: 4000, text: "still a\n" }] }],
    [16_000, { l: [{ v: "b", at: 16_000, text: "b again\n" }] }],
    [16_100, { v: [{ d: "b", name: "RUN y", start: 20, stop: 16_020 }] }],
    [16_200, { v: [{ d: "a", name: "[1/2] RUN x", start: 0, stop: 16_200, error: "boom" }] }],
  ]);
  equal(
    text,
    `#1 [1/2] RUN x
#1 0.010 from a
#1 4.000 still a
#1 ...

#2 RUN y
#2 0.010 from b
#2 15.98 b again
#2 DONE 16.0s

#1 [1/2] RUN x
#1 ERROR: boom
`,
  );
});

Deno.test("a vertex that is held back doesn't gather output without end", () => {
  const flood = "x".repeat(1000) + "\n";
  const text = printed([
    start,
    [20, { v: [{ d: "b", name: "RUN y", start: 20 }] }],
    [30, { l: [{ v: "b", at: 30, text: flood.repeat(300) }] }],
  ]);
  equal(text.includes("#2 RUN y\n#2 0.010 xxx"), true);
});

Deno.test("a vertex canceled, one warned about, and long names", () => {
  equal(
    printed([
      [0, { v: [{ d: "a", name: "n".repeat(80), start: 0 }] }],
      [1, { w: [{ v: "a", short: "Rule: text (line 1)" }] }],
      [2, {
        v: [{ d: "a", name: "n".repeat(80), start: 0, stop: 2, error: "x: context canceled" }],
      }],
    ], { title: "", truncate: true }),
    `#1 ${"n".repeat(72)}...\n#1 WARN: Rule: text (line 1)\n#1 CANCELED\n`,
  );
});

Deno.test("progress is repeated after 5 % or 5 s only", () => {
  const part = (at: number, current: number): [number, Brief] => [at, {
    s: [{ v: "a", id: "sha256:abc", at, start: 0, current, total: 1000 }],
  }];
  equal(
    printed([start, part(1, 0), part(2, 20), part(3, 49), part(4, 60), part(5100, 61)]),
    `#1 [1/2] RUN x
#1 sha256:abc 0B / 1.00kB
#1 sha256:abc 60B / 1.00kB
#1 sha256:abc 61B / 1.00kB 5.1s
`,
  );
});

Deno.test("a line of our own ends an open line first", () => {
  const state = newState({ tail: { lines: 10, size: 1000 }, recent: 0 });
  const printer = plainPrinter(state, { title: "", truncate: false });
  const brief = { ...start[1], l: [{ v: "a", at: 0, text: "dots.." }] };
  printer.collect(applyStatus(state, message(brief), T0), T0);
  equal(printer.print(T0), "#1 [1/2] RUN x\n#1 0.000 dots..");
  equal(printer.note("WARNING: gone"), "\nWARNING: gone\n");
  printer.collect(applyStatus(state, message({ l: [{ v: "a", at: 1, text: ".\n" }] }), T0), T0);
  equal(printer.print(T0), "#1 0.000 dots...\n");
  equal(printer.pending(), false);
});
