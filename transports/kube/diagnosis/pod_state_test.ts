import assert from "node:assert/strict";
import { diagnosisIn } from "./pod_state.ts";
import { type Pod, podOf } from "../pod.ts";

/** When the stream was opened. */
const SINCE = Date.parse("2026-05-01T12:00:00.400Z");
const BEFORE = "2026-05-01T11:00:00Z";
const AFTER = "2026-05-01T12:00:07Z";

function pod(status: object, metadata: object = {}): Pod {
  return podOf({ metadata: { creationTimestamp: BEFORE, ...metadata }, status });
}

function container(parts: object): Pod {
  return pod({ phase: "Running", containerStatuses: [{ name: "main", ...parts }] });
}

const terminated = (reason: string, exitCode: number, finishedAt = AFTER) => ({
  terminated: { reason, exitCode, finishedAt },
});

Deno.test("a pod's status explains the end of a stream", () => {
  const cases: [Pod, RegExp | undefined][] = [
    [container({ state: { running: { startedAt: BEFORE } } }), undefined],
    [
      pod({}, { creationTimestamp: AFTER }),
      /^pod p was deleted, and replaced by another one$/,
    ],
    // The pod was created just before the dial, and the API's times are whole seconds.
    [pod({}, { creationTimestamp: "2026-05-01T12:00:01Z" }), undefined],
    [pod({}, { deletionTimestamp: AFTER }), /^pod p is being deleted$/],
    [
      pod({
        conditions: [{ type: "DisruptionTarget", status: "True", message: "preempted by q" }],
      }, { deletionTimestamp: AFTER }),
      /^pod p is being deleted: preempted by q$/,
    ],
    [
      pod({ phase: "Failed", reason: "Evicted", message: "The node was low on memory." }),
      /^pod p was evicted from its node: The node was low on memory\.$/,
    ],
    [
      container({ state: terminated("OOMKilled", 137) }),
      /^container main of pod p ran out of memory and was killed \(OOMKilled, exit code 137\)$/,
    ],
    [
      container({
        state: { running: { startedAt: AFTER } },
        lastState: terminated("OOMKilled", 137),
      }),
      /was killed \(OOMKilled, exit code 137\), and was started again$/,
    ],
    [
      container({
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: terminated("Error", 2),
      }),
      /^container main of pod p ended \(Error, exit code 2\), and waits \(CrashLoopBackOff\)$/,
    ],
    [
      container({ state: terminated("Error", 137) }),
      /^container main of pod p was ended by signal 9 \(Error, exit code 137\)$/,
    ],
    // Earlier events are ignored; the times are cut off to seconds, not rounded.
    [
      container({
        state: { running: { startedAt: BEFORE } },
        lastState: terminated("OOMKilled", 137, BEFORE),
      }),
      undefined,
    ],
    [container({ state: terminated("Error", 1, "2026-05-01T12:00:00Z") }), /exit code 1\)$/],
  ];
  for (const [value, expected] of cases) {
    const diagnosis = diagnosisIn(value, "p", SINCE);
    if (expected === undefined) assert.equal(diagnosis, undefined);
    else {
      assert.match(diagnosis?.problem ?? "", expected);
      assert.match(diagnosis!.hint, /^[a-z].*[^.]$/);
    }
  }
});
