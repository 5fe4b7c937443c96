import { equal, match, ok } from "node:assert/strict";
import { message, stateOf, T0 } from "../tests/progress/messages.ts";
import { applyStatus } from "./apply_status.ts";
import { plainPrinter } from "./plain.ts";
import { newState, type State } from "./state.ts";
import { frame } from "./tty_frame.ts";
import { beginUpload, filesText, uploadOf } from "./uploads.ts";

const COLORS = { run: "", cancel: "", warning: "", error: "", log: "" };

function sending(...vertexes: string[]): State {
  return stateOf({
    v: vertexes.map((d) => ({ d, name: "[internal] load build context", start: 0 })),
    s: vertexes.map((v) => ({ v, id: "transferring context:", at: 2000, start: 0, current: 8e6 })),
  });
}

function rows(state: State): string {
  const view = { columns: 90, rows: 24, now: T0 + 2000, colors: COLORS, logRows: 6, label: "" };
  return frame(state, view).join("\n");
}

Deno.test("the terminal shows how many files of a context were sent", () => {
  const state = sending("ctx");
  Object.assign(beginUpload(state, "context"), { files: 1234, bytes: 8e6 });
  match(rows(state), /transferring context: 1,234 files {2}8\.00MB/);
});

Deno.test("a transfer that can't be distinguished from another has no count of files", () => {
  const state = sending("one", "two");
  beginUpload(state, "context").files = 1;
  beginUpload(state, "context").files = 2;
  ok(!rows(state).includes("file"));
});

Deno.test("simultaneous uploads of two jobs have a count each, also where both see the same step", () => {
  const state = sending("one", "two");
  const [first, second] = [new Set(["one"]), new Set(["two"])];
  beginUpload(state, "context", second).files = 20;
  beginUpload(state, "context", first).files = 10;
  match(rows(state), /context: 10 files [^]*context: 20 files /);
  const shared = sending("both");
  beginUpload(shared, "context", new Set(["both"])).files = 5;
  match(rows(shared), /context: 5 files /);
});

Deno.test("successive transfers with one name have a count each", () => {
  const id = "transferring context:";
  const state = stateOf({
    v: [{ d: "ignore", name: "load .dockerignore", start: 0 }, { d: "ctx", name: "c", start: 20 }],
    s: [
      { v: "ctx", id, at: 30, start: 20, current: 0 },
      { v: "ignore", id, at: 10, start: 5, stop: 10, current: 2 },
    ],
  });
  const [ignore, context] = ["ignore", "ctx"].map((digest) => {
    const vertex = state.byDigest.get(digest)!;
    return () => uploadOf(state, vertex, vertex.statuses[0]!)?.files;
  });
  beginUpload(state, "context").files = 1;
  equal(ignore!(), 1);
  equal(context!(), undefined);
  beginUpload(state, "context").files = 20_000;
  equal(ignore!(), 1);
  equal(context!(), 20_000);
});

Deno.test("plain text on a terminal has a line about each transfer that took long, and only there", () => {
  const cases = [[4000, true, true], [400, true, false], [4000, false, false]] as const;
  for (const [stop, isTerminal, says] of cases) {
    const state = newState({ tail: { lines: 1, size: 1 }, recent: 0 });
    Object.assign(beginUpload(state, "context"), { files: 20_000, bytes: 8e6 });
    const printer = plainPrinter(state, { title: "", truncate: false, isTerminal });
    const status = message({
      v: [{ d: "ctx", name: "context", start: 0 }],
      s: [{ v: "ctx", id: "transferring context:", at: stop, start: 0, stop, current: 8e6 }],
    });
    printer.collect(applyStatus(state, status, T0 + stop), T0 + stop);
    const text = printer.print(T0 + stop);
    match(text, /#1 transferring context: 8\.00MB \d\.\ds done\n/);
    equal(
      text.includes("#1 transferring context: sent 20,000 files, 8.00MB, 2.00MB/s\n"),
      says,
    );
  }
});

Deno.test("filesText() groups digits", () => {
  const cases = [[0, "0 files"], [1, "1 file"], [999, "999 files"], [1234567, "1,234,567 files"]];
  for (const [files, text] of cases as [number, string][]) {
    equal(filesText({ status: "", steps: undefined, files, bytes: 0, total: undefined }), text);
  }
});
