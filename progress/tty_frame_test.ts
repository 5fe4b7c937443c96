import { deepEqual, equal, match } from "node:assert/strict";
import { type Brief, message, stateOf, T0 } from "../tests/progress/messages.ts";
import { applyStatus } from "./apply_status.ts";
import { failedSteps } from "./end_blocks.ts";
import { frame, newMemory, type View } from "./tty_frame.ts";
import { beginDownload, beginUpload } from "./uploads.ts";
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

Deno.test("a frame of a running build: finished internal and cached steps share a line", () => {
  deepEqual(frame(stateOf(...build), view(2100)), [
    "[+] Building 2.1s (2/5)                            remote:b",
    " => 1 internal step done, 1 step CACHED",
    " => WARN: FromAsCasing: casing does not match (line 1) 0.0s",
    " => [internal] load build context                      2.1s",
    " => => transferring context: 50.00MB / 80.00MB         2.0s",
    " => [base 2/3] RUN make                                2.0s",
    " => => # cc a.c",
    " => => # cc b.c",
    " => => # 90%",
  ]);
});

Deno.test("a wider terminal has room for bytes, rate and the time that is left", () => {
  const lines = frame(stateOf(...build), view(2100, { columns: 90 }));
  equal(
    lines[4],
    " => => transferring context: 50.00MB / 80.00MB  24.51MB/s  2s left                   2.0s",
  );
  // The text of a stalled transfer fades.
  const stalled = frame(stateOf(...build), view(10_060, { columns: 90 }))[4] ?? "";
  equal(stalled.includes("50.00MB / 80.00MB  5.00MB/s  6s left"), true, stalled);
});

Deno.test("an upload's total is the one that this side has counted", () => {
  const state = stateOf(
    { v: [{ d: "ctx", name: "[internal] load build context", start: 0 }] },
    { s: [{ v: "ctx", id: "transferring context:", at: 10, start: 10, current: 0 }] },
    { s: [{ v: "ctx", id: "transferring context:", at: 2010, start: 10, current: 30e6 }] },
  );
  const upload = beginUpload(state, "context");
  Object.assign(upload, { files: 12, bytes: 30e6, total: 600e6 });
  const [, , line] = frame(state, view(2010, { columns: 100 }));
  equal(
    line,
    " => => transferring context: 12 files  30.00MB / 600.00MB  15.00MB/s  38s left".padEnd(95) +
      "2.0s",
  );
});

Deno.test("an archive that comes here has bytes of the image, a rate and the time that is left", () => {
  const status = { v: "out", id: "sending tarball", start: 10, at: 10 };
  const state = stateOf(
    { v: [{ d: "out", name: "exporting to oci image format", start: 0 }] },
    { s: [status] },
  );
  let now = 10;
  const received = beginDownload(state, undefined, () => now);
  for (now = 510; now <= 4010; now += 500) received((now - 10) * 10_000, 100e6);
  now = 4010;
  const lineAt = () => frame(state, view(4010, { columns: 80 }))[2];
  equal(
    lineAt(),
    " => => sending tarball 40.00MB / 100.00MB  10.00MB/s  6s left".padEnd(75) + "4.0s",
  );
  // The archive is longer than its image.
  received(101e6, 100e6);
  match(lineAt() ?? "", /sending tarball 101\.00MB \/ 101\.00MB {2}/);
  applyStatus(state, message({ s: [{ ...status, at: 10_010, stop: 10_010 }] }), T0 + 10_010);
  equal(
    frame(state, view(10_010, { columns: 80 }))[2],
    " => => sending tarball 101.00MB  10.10MB/s".padEnd(74) + "10.0s",
  );
});

Deno.test("the last frame shows how it ended; warnings and failed steps stand below it", () => {
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
  const lines = frame(state, view(3200, { rows: 4, columns: 80, ending: "ERROR", colors: MARKED }));
  deepEqual(
    lines,
    [
      "[+] Building 3.2s (5/5) ERROR                                          remote:b",
      "<run> => 2 internal steps done, 1 step CACHED",
      "<cancel> => CANCELED [base 3/3] COPY . .                                           0.1s",
    ].map((line) => line.replace(/^<.*/, "$&\x1b[0m")),
  );
  equal(
    failedSteps(state, { columns: 80, colors: PLAIN }),
    " => ERROR [base 2/3] RUN make                                              3.0s\n" +
      "------\n1.960 cc a.c\n1.960 cc b.c\n1.960 \x1b[32m10%\r90%\x1b[0m\n------\n",
  );
});

Deno.test("running steps keep their place when steps above them end", () => {
  const memory = newMemory();
  const state = stateOf({
    v: [
      { d: "ctx", name: "[internal] load build context", start: 0 },
      { d: "a", name: "[a 1/1] RUN a", start: 1 },
      { d: "b", name: "[b 1/1] RUN b", start: 2 },
    ],
    s: [{ v: "ctx", id: "transferring context:", at: 3, start: 1, current: 5, total: 9 }],
    l: [{ v: "a", at: 5, text: "one\ntwo\nthree\n" }],
  });
  const place = () =>
    frame(state, view(100, { memory, rows: 30 })).findIndex((line) => line.includes("RUN b"));
  const before = place();
  const apply = (brief: Brief) => applyStatus(state, message(brief), T0 + 50);
  apply({ l: [{ v: "a", at: 6, text: "\x1b[2J" }] });
  equal(place(), before, "output that is cleared");
  apply({ v: [{ d: "ctx", name: "[internal] load build context", start: 0, stop: 40 }] });
  equal(place(), before, "an internal step that ends");
  apply({ v: [{ d: "a", name: "[a 1/1] RUN a", start: 1, stop: 45 }] });
  equal(place(), before, "a step with output that ends");
  apply({ v: [{ d: "b", name: "[b 1/1] RUN b", start: 2, stop: 60 }] });
  deepEqual(frame(state, view(100, { memory })).map((line) => line.replace(/ +[\d.]+s$/, "")), [
    "[+] Building 0.1s (3/3)                            remote:b",
    " => 1 internal step done",
    " => [a 1/1] RUN a",
    " => [b 1/1] RUN b",
  ]);
});

Deno.test("the header: a share of the last build's time, and the answer to Ctrl-C", () => {
  const head = (more: Partial<View>) => frame(stateOf(...build), view(2100, more))[0];
  equal(
    head({ lastTime: 8400, columns: 80 }),
    "[+] Building 2.1s (2/5) 25% of the last 8.4s                           remote:b",
  );
  equal(
    head({ lastTime: 1500, columns: 80 }),
    "[+] Building 2.1s (2/5) last time 1.5s                                 remote:b",
  );
  equal(head({ lastTime: 8400, columns: 50 }), "[+] Building 2.1s (2/5)                  remote:b");
  equal(
    head({ cancelling: true, columns: 80 })?.trimEnd(),
    "[+] Building 2.1s (2/5) cancelling; press Ctrl-C again to leave",
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
