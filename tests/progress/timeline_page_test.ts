/** The page of a large build in a real browser, by keyboard alone. */
import assert from "node:assert/strict";
import { timelinePage } from "../../progress/timeline/page.ts";
import type { Step } from "../../progress/timeline/timeline.ts";
import { inspection } from "../../commands/history/inspect/inspection.ts";
import { buildPage } from "../../commands/history/open/build_page.ts";
import { BuildHistoryRecord } from "../../proto/gen/control.ts";
import { messageOf } from "../../proto/message_of.ts";
import { recordOf } from "../commands/recorded_builds.ts";
import { askPages } from "../harness/chromium.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { stepOf } from "./steps.ts";

const ignore = skip(await missing("chromium"));

function steps(count: number): Step[] {
  return Array.from({ length: count }, (_, i) => {
    const stage = ["app", "lib", "docs"][i % 3];
    return stepOf(`[${stage} ${i + 1}/${count}] RUN step ${i} ${"x".repeat(i % 90)}`, {
      digest: `sha256:${i}`,
      inputs: i < 3 ? [] : [`sha256:${i - 3}`],
      node: i % 2 ? "east" : "west",
      outcome: i === 500 ? "failed" : i % 10 === 0 ? "cached" : "done",
      error: i === 500 ? "exit code: 1" : "",
      bars: [{ start: i * 10, stop: i * 10 + i % 1000 }],
      log: [`0.1 output ${i}`],
      critical: i % 100 === 0,
    });
  });
}

const inputs = inspection(
  recordOf(messageOf(BuildHistoryRecord, { Ref: "r", FrontendAttrs: { target: "app" } })),
  { state: undefined, cwd: "/", failure: undefined, materials: [], attachments: [] },
);

const look = `(window) => {
  const { document } = window;
  const root = document.documentElement;
  const press = (key, target = document.activeElement) =>
    target.dispatchEvent(new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const type = (id, value) => {
    document.getElementById(id).value = value;
    document.getElementById(id).dispatchEvent(new window.Event("input", { bubbles: true }));
  };
  const visible = () => [...document.querySelectorAll("details.step:not([hidden])")];
  const answers = { rows: visible().length, overflows: root.scrollWidth > window.innerWidth };
  press("/", document.body);
  answers.focused = document.activeElement.id;
  type("search", "STEP 501 lib");
  answers.nothing = visible().length === 0 && !document.getElementById("nothing").hidden;
  press("Escape");
  answers.again = visible().length;
  document.getElementById("uncached").click();
  answers.uncached = visible().length;
  document.getElementById("uncached").click();
  type("least", "100");
  answers.long = visible().length;
  type("least", "0");
  document.querySelector("details.step summary").focus();
  press("ArrowDown");
  answers.second = document.activeElement.parentElement.id;
  document.getElementById("only").click();
  document.querySelector("details.step summary").focus();
  press("ArrowDown");
  answers.critical = document.activeElement.parentElement.id;
  document.getElementById("only").click();
  press("+");
  press("+");
  answers.scale = document.querySelector("main").style.getPropertyValue("--scale");
  answers.marks = document.querySelectorAll(".axis .track span").length;
  press("0");
  answers.whole = document.querySelector("main").style.getPropertyValue("--scale");
  type("group", "node");
  answers.groups = [...document.querySelectorAll("h2.group")].map((group) => group.textContent);
  const links = [...document.querySelectorAll(".slowest a")];
  links[0].click();
  answers.opened = document.activeElement.closest("details")?.open;
  answers.unnamed = [...document.querySelectorAll("input, select, button")]
    .filter((field) => !field.labels?.length && !field.ariaLabel && !field.title).map(({ id }) => id);
  answers.unreachable = [...document.querySelectorAll("a, input, select, button, summary")]
    .filter(({ tabIndex }) => tabIndex < 0).length;
  return answers;
}`;

Deno.test(
  { name: "a timeline of 1,000 steps can be used by keyboard, in any window", ignore },
  async () => {
    const timeline = { duration: 11_000, origin: 1_700_000_000_000, steps: steps(1000) };
    const facts = {
      title: "large",
      outcome: "failed" as const,
      error: "exit code: 1",
      started: 1_700_000_000_000,
      facts: [],
    };
    const pages = [
      timelinePage(timeline, facts),
      // The page of `history open`.
      buildPage({ facts, timeline, inputs, attachments: [], comparisons: [] }),
    ];
    for (const colorScheme of ["light", "dark"] as const) {
      const seen = await askPages<Record<string, unknown>>(pages, [1200, 400], look, {
        colorScheme,
      });
      for (const answers of seen.flat()) {
        const { groups, marks, ...others } = answers as { groups: string[]; marks: number };
        assert.deepEqual(others, {
          rows: 1000,
          overflows: false,
          focused: "search",
          nothing: true,
          again: 1000,
          uncached: 901,
          long: 900,
          second: "s1",
          critical: "s100",
          scale: "4",
          whole: "1",
          opened: true,
          unnamed: [],
          unreachable: 0,
        });
        assert.ok(marks >= 2 && marks < 20, `${marks}`);
        assert.match(groups.join("\n"), /^west · 500 steps · .*\neast · 500 steps · .*$/);
      }
    }
  },
);
