/** The list of 1,000 builds of `history open` in a real browser, by keyboard alone. */
import assert from "node:assert/strict";
import { listPage } from "../../commands/history/open/list_page.ts";
import { BuildHistoryRecord } from "../../proto/gen/control.ts";
import { messageOf } from "../../proto/message_of.ts";
import { recordOf } from "../commands/recorded_builds.ts";
import { askBrowser } from "../harness/chromium.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";

const ignore = skip(await missing("chromium"));
const evil = `<img src=x onerror="document.title='broken'">`;

function builds(count: number) {
  return Array.from({ length: count }, (_, i) => {
    const at = (seconds: number) => ({ seconds: BigInt(1_700_000_000 + seconds), nanos: 0 });
    const record = messageOf(BuildHistoryRecord, {
      Ref: i === 3 ? evil : `ref${i}`,
      CreatedAt: at(count - i),
      ...i > 0 && { CompletedAt: at(count - i + 5) },
      ...i % 10 === 9 && { error: { code: 2, message: `step ${i}: ${evil}`, details: [] } },
    });
    return {
      parts: [recordOf(record)],
      name: i === 3 ? evil : `app ${i} ${"long-name/".repeat(i % 12)}`,
    };
  });
}

const look = `(window) => {
  const { document } = window;
  const type = (id, value) => {
    document.getElementById(id).value = value;
    document.getElementById(id).dispatchEvent(new window.Event("input", { bubbles: true }));
  };
  const press = (key, target = document.activeElement) =>
    target.dispatchEvent(new window.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const visible = () => document.querySelectorAll("#builds li:not([hidden])").length;
  const answers = {
    rows: visible(),
    overflows: document.documentElement.scrollWidth > window.innerWidth,
    images: document.images.length,
  };
  press("/", document.body);
  answers.focused = document.activeElement.id;
  type("search", "app 77");
  answers.found = visible();
  press("Escape");
  type("status", "error");
  answers.failed = visible();
  type("status", "");
  const compare = document.getElementById("compare");
  const boxes = [...document.querySelectorAll("input[name=build]")];
  answers.compare = [compare.disabled];
  for (const box of boxes.slice(0, 2)) {
    box.click();
    answers.compare.push(compare.disabled);
  }
  answers.third = boxes[2].disabled;
  answers.unreachable = [...document.querySelectorAll("a, input, select, summary")]
    .filter((one) => one.tabIndex < 0).length;
  return answers;
}`;

Deno.test(
  { name: "a list of 1,000 builds can be used by keyboard, in any window", ignore },
  async () => {
    const page = listPage({
      builds: builds(1100),
      problems: [{ builder: evil, reason: evil }],
      pending: 0,
      now: 1_700_002_000_000,
    });
    for (const colorScheme of ["light", "dark"] as const) {
      for (const seen of await askBrowser<object>(page, [1200, 400], look, { colorScheme })) {
        assert.deepEqual(seen, {
          rows: 1000,
          overflows: false,
          images: 0,
          focused: "search",
          found: 19,
          failed: 100,
          compare: [true, true, false],
          third: true,
          unreachable: 0,
        });
      }
    }
  },
);
