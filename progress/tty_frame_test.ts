import { deepEqual, equal } from "node:assert/strict";
import { type Brief, stateOf, T0 } from "../tests/progress/messages.ts";
import { frame, type View } from "./tty_frame.ts";
import { textWidth } from "../base/width.ts";

const PLAIN = { run: "", cancel: "", warning: "", error: "", log: "" };
const MARKED = {
  run: "<run>",
  cancel: "<cancel>",
  warning: "<warn>",
  error: "<err>",
  log: "<log>",
};

function view(now: number, more: Partial<View> = {}): View {
  return {
    columns: 60,
    rows: 24,
    now: T0 + now,
    colors: PLAIN,
    logRows: 6,
    label: "remote:b",
    ...more,
  };
}

const build: Brief[] = [
  { v: [{ d: "df", name: "[internal] load build definition from Dockerfile", start: 0 }] },
  {
    v: [
      { d: "df", name: "[internal] load build definition from Dockerfile", start: 0, stop: 30 },
      { d: "ctx", name: "[internal] load build context", start: 40 },
      { d: "base", name: "[base 1/3] FROM busybox", start: 50, stop: 50, cached: true },
      { d: "run", name: "[base 2/3] RUN make", start: 100 },
      { d: "copy", name: "[base 3/3] COPY . ." },
    ],
    s: [{
      v: "ctx",
      id: "transferring context:",
      at: 60,
      start: 60,
      current: 0,
      total: 80_000_000,
    }],
    w: [{ v: "df", short: "FromAsCasing: casing does not match (line 1)" }],
  },
  {
    s: [{ v: "ctx", id: "transferring context:", at: 2060, start: 60, current: 50e6, total: 80e6 }],
    l: [{ v: "run", at: 2060, text: "cc a.c\ncc b.c\n\x1b[32m10%\r90%\x1b[0m" }],
  },
];

Deno.test("a frame of a running build", () => {
  deepEqual(frame(stateOf(...build), view(2100)), [
    "[+] Building 2.1s (2/5)                            remote:b",
    " => [internal] load build definition from Dockerfile   0.0s",
    " => WARN: FromAsCasing: casing does not match (line 1) 0.0s",
    " => [internal] load build context                      2.1s",
    " => => transferring context: 50.00MB / 80.00MB         2.0s",
    " => CACHED [base 1/3] FROM busybox                     0.0s",
    " => [base 2/3] RUN make                                2.0s",
    " => => # cc a.c",
    " => => # cc b.c",
    " => => # 90%",
  ]);
});

Deno.test("a wider terminal has room for bytes and rate", () => {
  const lines = frame(stateOf(...build), view(2100, { columns: 80 }));
  equal(
    lines[4],
    " => => transferring context: 50.00MB / 80.00MB  24.51MB/s                  2.0s",
  );
  // What a stalled transfer says fades.
  const stalled = frame(stateOf(...build), view(10_060, { columns: 80 }))[4] ?? "";
  equal(stalled.includes("50.00MB / 80.00MB  5.00MB/s"), true, stalled);
});

Deno.test("the last frame shows how it ended, and all of it", () => {
  const state = stateOf(...build, {
    v: [
      { d: "ctx", name: "[internal] load build context", start: 40, stop: 3000 },
      { d: "run", name: "[base 2/3] RUN make", start: 100, stop: 3100, error: "exit code: 2" },
      {
        d: "copy",
        name: "[base 3/3] COPY . .",
        start: 3000,
        stop: 3100,
        error: "context canceled",
      },
    ],
    s: [{
      v: "ctx",
      id: "transferring context:",
      at: 3000,
      start: 60,
      stop: 3000,
      current: 80e6,
      total: 80e6,
    }],
  });
  deepEqual(
    frame(state, view(3200, { rows: 4, columns: 80, ending: "ERROR", colors: MARKED })),
    [
      "[+] Building 3.2s (5/5) ERROR                                          remote:b",
      "<run> => [internal] load build definition from Dockerfile                       0.0s",
      "<warn> => WARN: FromAsCasing: casing does not match (line 1)                     0.0s",
      "<run> => [internal] load build context                                          3.0s",
      "<run> => => transferring context: 80.00MB / 80.00MB  27.21MB/s                  2.9s",
      "<run> => CACHED [base 1/3] FROM busybox                                         0.0s",
      "<err> => ERROR [base 2/3] RUN make                                              3.0s",
      "<cancel> => CANCELED [base 3/3] COPY . .                                           0.1s",
    ].map((line) => line.replace(/^<.*/, "$&\x1b[0m")),
  );
});

Deno.test("wide characters and control characters keep lines in their columns", () => {
  const state = stateOf({
    v: [{ d: "a", name: "RUN echo 漢字漢字漢字漢字漢字漢字漢字漢字 ✅\tx\x1b[31m", start: 0 }],
    l: [{ v: "a", at: 5, text: "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字\n" }],
  });
  for (let columns = 8; columns < 90; columns++) {
    for (const line of frame(state, view(70_000, { columns }))) {
      equal(textWidth(line) < columns, true, `${columns}: ${line}`);
      // deno-lint-ignore no-control-regex -- that is what must not be there
      equal(/[\x00-\x1f]/.test(line), false);
    }
  }
});

Deno.test("a frame is never as tall as the terminal, and shows what runs", () => {
  const v = Array.from({ length: 100 }, (_, i) => ({
    d: `v${i}`,
    name: `step ${i}`,
    start: i,
    ...(i % 20 !== 7 && { stop: i + 1 }),
  }));
  const state = stateOf({ v, l: [{ v: "v7", at: 200, text: "working\n".repeat(9) }] });
  for (let rows = 0; rows < 40; rows++) {
    equal(frame(state, view(200, { rows })).length <= Math.max(1, rows - 1), true);
  }
  const lines = frame(state, view(200, { rows: 10, columns: 40 })).map((line) => line.trimEnd());
  deepEqual(lines.slice(1).map((line) => line.replace(/ +0\.\ds$/, "")), [
    " => step 7",
    " => => # working",
    " => => # working",
    " => => # working",
    " => step 27",
    " => step 47",
    " => step 67",
    " => step 87",
  ]);
});

Deno.test("an empty state has a header", () => {
  deepEqual(frame(stateOf(), view(0, { columns: 40 })), [
    "[+] Building 0.0s (0/0)        remote:b",
  ]);
});
