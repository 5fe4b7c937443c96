import assert from "node:assert/strict";
import { manualClock } from "../tests/harness/manual_clock.ts";
import { DialError } from "./errors.ts";
import { withinBudget } from "./budget.ts";

const never = new AbortController().signal;

function failure(problem: string, retryable: boolean): DialError {
  return new DialError(problem, {
    endpoint: "x://y",
    step: "connect",
    code: "unreachable",
    retryable,
  });
}

/** Dials with these outcomes; the last one repeats. */
function dials(...outcomes: (DialError | string)[]) {
  let count = 0;
  return {
    count: () => count,
    dial() {
      const outcome = outcomes[Math.min(count++, outcomes.length - 1)]!;
      return typeof outcome === "string" ? Promise.resolve(outcome) : Promise.reject(outcome);
    },
  };
}

/** An attempt that only the signal ends. */
function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(failure("timed out", true)), { once: true });
  });
}

Deno.test("a retryable failure is followed by two more attempts, and each failure is reported", async () => {
  using clock = manualClock();
  const told: string[] = [];
  const onRetry = (error: DialError) => told.push(error.message);
  const passes = dials(failure("one", true), failure("two", true), "there");
  const stays = dials(failure("one", true), failure("two", true), failure("three", true), "there");
  const both = Promise.all([
    withinBudget({ ms: 0, onRetry }, never, passes.dial),
    assert.rejects(withinBudget({ ms: 0 }, never, stays.dial), /three/),
  ]);
  await clock.advance(1500);
  const [{ result }] = await both;
  assert.equal(result, "there");
  assert.deepEqual(told, ["cannot reach x://y: one", "cannot reach x://y: two"]);
  assert.equal(stays.count(), 3);
});

Deno.test("a failure that is not retryable is reported at once", async () => {
  const { dial, count } = dials(failure("no", false), "there");
  await assert.rejects(withinBudget({ ms: 0 }, never, dial), /cannot reach x:\/\/y: no/);
  assert.equal(count(), 1);
});

Deno.test("when the time is up, the far side's last error is reported", async () => {
  using clock = manualClock();
  let attempts = 0;
  const dial = ({ signal }: { signal: AbortSignal }) =>
    attempts++ === 0 ? Promise.reject(failure("refused", true)) : hang(signal);
  const first = assert.rejects(withinBudget({ ms: 900 }, never, dial), /refused/);
  await clock.advance(899);
  assert.equal(attempts, 2);
  await clock.advance(1);
  await first;

  // The pause before the next attempt counts, too.
  const refused = dials(failure("refused", true));
  const second = assert.rejects(withinBudget({ ms: 100 }, never, refused.dial), /refused/);
  await clock.advance(100);
  await second;
  assert.equal(refused.count(), 1);

  const third = withinBudget({ ms: 50 }, never, ({ signal }) => hang(signal));
  const late = assert.rejects(third, /timed out/);
  await clock.advance(50);
  await late;
});

Deno.test("an interrupt ends the dial with its own reason, also between two attempts", async () => {
  using clock = manualClock();
  for (
    const dial of [
      ({ signal }: { signal: AbortSignal }) => hang(signal),
      dials(failure("x", true)).dial,
    ]
  ) {
    const stop = new AbortController();
    const dialling = withinBudget({ ms: 0 }, stop.signal, dial);
    await clock.advance(20);
    stop.abort(new Error("Ctrl-C"));
    await assert.rejects(dialling, /Ctrl-C/);
  }
});

Deno.test("an attempt gets the remaining time, and so does the step after it", async () => {
  using _clock = manualClock();
  const told = ({ timeoutMs }: { timeoutMs?: number }) => Promise.resolve(timeoutMs);
  const { result, left } = await withinBudget({ ms: 5000 }, never, told);
  assert.ok(result !== undefined && result > 0 && result <= 5000, `${result}`);
  assert.ok(left > 0 && left <= 5000, `${left}`);
  const unlimited = await withinBudget({ ms: 0 }, never, told);
  assert.deepEqual(unlimited, { result: undefined, left: Infinity });
});

Deno.test("the time stands still while somebody is asked", async () => {
  using clock = manualClock();
  const answer = Promise.withResolvers<void>();
  const asked = withinBudget({ ms: 400 }, never, async ({ asking, signal }) => {
    await asking(() => answer.promise);
    return signal.aborted;
  });
  await clock.advance(600);
  answer.resolve();
  assert.deepEqual(await asked, { result: false, left: 400 });
  const late = withinBudget({ ms: 200 }, never, async ({ asking, signal }) => {
    await asking(() => Promise.resolve());
    return await hang(signal);
  });
  const rejected = assert.rejects(late, /timed out/, "and goes on afterwards");
  await clock.advance(200);
  await rejected;
});
