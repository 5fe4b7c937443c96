// deno-lint-ignore-file no-control-regex -- what a terminal clears a line by
import assert from "node:assert/strict";
import { DialError } from "../transports/errors.ts";
import { outputTo } from "../tests/progress/terminal.ts";
import { waiting, waitLine } from "./waiting.ts";

function terminal(isTerminal: boolean) {
  const writes: string[] = [];
  const output = outputTo((text) => void writes.push(text), { isTerminal, columns: 60 });
  return { writes, ...output };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
  const out = terminal(true);
  {
    using line = waitLine(out);
    const done = line.show("box0", waiting(20_000));
    line.show("box1\x1b[2J", waiting(20_000));
    await pause(300);
    assert.deepEqual(out.writes, [], "nothing is shown of what is quick");
    for (let tries = 0; tries < 100 && !/ 1\d s left/.test(out.writes.at(-1) ?? ""); tries++) {
      await pause(100);
    }
    done();
  }
  assert.match(
    out.writes[0]!,
    /^\rwaiting for box0: connecting, (?:20|1\d) s left; waiting for box1 \[\x1b\[K$/,
  );
  // The last but two: what stood there before the first was done, and before all is gone.
  assert.match(out.writes.at(-3)!, /^\rwaiting for box0: connecting, 1\d s left/);
  // The name can't move the cursor.
  assert.match(out.writes.at(-2)!, /^\rwaiting for box1 \[2J: connecting, 1\d s left\x1b\[K$/);
  assert.equal(out.writes.at(-1), "\r\x1b[K");
});

Deno.test("what is no terminal is told nothing", async () => {
  const out = terminal(false);
  {
    using line = waitLine(out);
    line.show("box0", waiting(20_000));
    await pause(1300);
  }
  assert.deepEqual(out.writes, []);
});
