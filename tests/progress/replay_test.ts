import { deepEqual, equal } from "node:assert/strict";
import { applyStatus } from "../../progress/apply_status.ts";
import { plainPrinter } from "../../progress/plain.ts";
import { rawJson } from "../../progress/rawjson.ts";
import { newState } from "../../progress/state.ts";
import { readRecording, recordedLines } from "./recorded.ts";

// `recordings/*.jsonl` came out of `buildx build --progress=rawjson` (buildx v0.36.1, BuildKit
// v0.32.2); `*.plain` is what BuildKit's own printer made of each, a message every 4 ms and
// TTY_DISPLAY_RATE=1.
const folder = new URL("recordings/", import.meta.url);
const names = ["parallel", "failed", "cached", "tar"];

for (const name of names) {
  const recording = Deno.readTextFileSync(new URL(`${name}.jsonl`, folder));

  Deno.test(`rawjson prints ${name} as buildx did, to the byte`, () => {
    const lines = recordedLines(recording);
    deepEqual(readRecording(recording).map(rawJson), lines.map((line) => `${line}\n`));
  });

  Deno.test(`plain prints ${name} as BuildKit's printer did`, () => {
    const state = newState({ tail: { lines: 10, size: 64 * 1024 }, recent: 0 });
    const printer = plainPrinter(state, {
      title: 'building with "rec" instance using remote driver',
      truncate: false,
    });
    let text = "";
    let now = 0;
    for (const message of readRecording(recording)) {
      now += 4;
      printer.collect(applyStatus(state, message, now), now);
      text += printer.print(now);
    }
    text += printer.print(now + 4);
    const theirs = Deno.readTextFileSync(new URL(`${name}.plain`, folder)).split("------\n")[0];
    deepEqual(byVertex(text), byVertex(theirs ?? ""));
    equal(text.split("\n")[0], theirs?.split("\n")[0]);
  });
}

/**
 * Lines by vertex. Which of two that run side by side, or ended at the same time, comes first is
 * chance in BuildKit (it walks a Go map), and with it their numbers. The text about each step is
 * not.
 */
function byVertex(text: string): Map<string, string[]> {
  const names = new Map<string, string>();
  const vertexes = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, index = "", rest = ""] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (index === "" || rest === "...") continue;
    const name = names.get(index);
    if (name === undefined) {
      names.set(index, rest);
      vertexes.set(rest, []);
    } else if (rest !== name) vertexes.get(name)?.push(rest);
  }
  return new Map([...vertexes].sort());
}
