import { equal } from "node:assert/strict";
import { stateOf } from "../tests/progress/messages.ts";
import { buildxHeading, failedBlocks, terminalHeading, warningsBlock } from "./end_blocks.ts";

Deno.test("failedBlocks() shows the last ten lines of what failed, not of what was stopped", () => {
  const text = Array.from({ length: 13 }, (_, i) => `line ${i + 1}\n`).join("") + "oops";
  const state = stateOf(
    {
      v: [{ d: "a", name: "RUN x", start: 0 }, { d: "b", start: 0 }, { d: "c", start: 0, stop: 1 }],
    },
    { l: [{ v: "a", at: 20, text }, { v: "b", at: 5, text: "x\n" }] },
    {
      v: [
        { d: "a", name: "RUN x", start: 0, stop: 30, error: "exit code: 1" },
        { d: "b", start: 0, stop: 30, error: "context canceled" },
      ],
    },
  );
  const lines = Array.from({ length: 9 }, (_, i) => `0.020 line ${i + 5}\n`).join("");
  equal(failedBlocks(state), `------\n > RUN x:\n${lines}0.020 oops\n------\n`);
});

Deno.test("warningsBlock() names them, and explains them when asked", () => {
  const state = stateOf({ v: [{ d: "a", start: 0 }] }, {
    w: [{
      v: "a",
      short: "Rule: text (line 1)",
      detail: ["Because."],
      url: "https://example.com",
      file: ["Dockerfile", "from x\n", 1],
    }],
  });
  const heading = terminalHeading((text) => `<${text}>`);
  equal(warningsBlock([], { expand: false, heading }), "");
  equal(
    warningsBlock(state.warnings, { expand: false, heading }),
    "\n <1 warning found (use --debug to expand):>\n - Rule: text (line 1)\n",
  );
  equal(
    warningsBlock([...state.warnings, ...state.warnings], { expand: true, heading }),
    "\n <2 warnings found:>\n" + ` - Rule: text (line 1)
Because.
More info: https://example.com
Dockerfile:1
--------------------
   1 | >>> from x
   2 |     
--------------------

`.repeat(2),
  );
});

Deno.test("without a terminal, the heading of warnings is buildx's", () => {
  equal(
    buildxHeading(false)("1 warning found", false),
    "\x1b[33m1 warning found (use docker --debug to expand):\n\x1b[0m",
  );
  equal(buildxHeading(true)("2 warnings found", true), "2 warnings found:\n");
});
