import { deepEqual } from "node:assert/strict";
import { chooseRows, type Row } from "./rows.ts";

/** `r1` running, `f` failed, `p` part, `d` done, `l3` three lines of output. */
function rows(text: string): Row[] {
  const ranks = { r: "running", f: "failed", p: "part", d: "done" } as const;
  return text.split(" ").map((name, at): Row => {
    const label = `${name}@${at}`;
    const kind = name[0] as keyof typeof ranks | "l";
    if (kind !== "l") return { rank: ranks[kind], text: () => label };
    const count = Number(name.slice(1));
    return { rank: "log", lines: () => Array.from({ length: count }, (_, i) => `log ${i + 1}`) };
  });
}

Deno.test("chooseRows() prefers what runs or failed, then its parts and output, then the latest", () => {
  const cases: [string, number, string[]][] = [
    ["d d", 5, ["d@0", "d@1"]],
    ["d d d r", 3, ["d@1", "d@2", "r@3"]],
    ["r d d d d", 2, ["r@0", "d@4"]],
    ["d d r p p d", 3, ["r@2", "p@3", "p@4"]],
    ["d r l6", 4, ["r@1", "log 4", "log 5", "log 6"]],
    ["d d r l2", 4, ["d@1", "r@2", "log 1", "log 2"]],
    ["f d d r", 2, ["f@0", "r@3"]],
    ["r r r r", 3, [" => ... and 2 more", "r@2", "r@3"]],
    ["r r", 1, [" => ... and 2 more"]],
    ["r r", 0, []],
    ["d r", Infinity, ["d@0", "r@1"]],
  ];
  for (const [given, room, wanted] of cases) {
    deepEqual(chooseRows(rows(given), room), wanted, given);
  }
});
