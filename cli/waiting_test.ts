import assert from "node:assert/strict";
import { DialError } from "../transports/errors.ts";
import { manualClock } from "../tests/harness/manual_clock.ts";
import { outputTo } from "../tests/progress/terminal.ts";
import { waiting, waitLine } from "./waiting.ts";

function terminal(isTerminal: boolean) {
  const writes: string[] = [];
  const output = outputTo((text) => void writes.push(text), { isTerminal, columns: 60 });
  return { writes, ...output };
}

Deno.test("a wait says what is under way, what failed before, and how long it may take", () => {
  const wait = waiting(20_000);
  assert.equal(wait.text(), "connecting, 20 s left");
  wait.step("resolve", "box");
  assert.equal(wait.text(), "resolving its name (box), 20 s left");
  const details = { endpoint: "tcp://box:1", step: "connect", code: "unreachable" } as const;
  wait.retry(new DialError("connection refused", details));
  wait.step("connect");
  assert.equal(wait.text(), "connection refused; trying again: connecting, 20 s left");
  assert.equal(waiting(0).text(), "connecting");
});

Deno.test("a terminal counts down, on one line that is gone at the end", async () => {
  using clock = manualClock();
  const out = terminal(true);
  {
    using line = waitLine(out);
    const done = line.show("box0", waiting(20_000));
    line.show("box1\x1b[2J", waiting(20_000));
    await clock.advance(999);
    assert.deepEqual(out.writes, [], "nothing is shown of what is quick");
    await clock.advance(1001);
    done();
  }
  assert.deepEqual(out.writes, [
    "\rwaiting for box0: connecting, 19 s left; waiting for box1 [\x1b[K",
    "\rwaiting for box0: connecting, 18 s left; waiting for box1 [\x1b[K",
    // The name can't move the cursor.
    "\rwaiting for box1 [2J: connecting, 18 s left\x1b[K",
    "\r\x1b[K",
  ]);
});

Deno.test("an output that is no terminal gets nothing", async () => {
  using clock = manualClock();
  const out = terminal(false);
  {
    using line = waitLine(out);
    line.show("box0", waiting(20_000));
    await clock.advance(5000);
  }
  assert.deepEqual(out.writes, []);
});
