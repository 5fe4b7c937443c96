import assert from "node:assert/strict";
import { reasonOf } from "./reasons.ts";

const pod = (status: object, metadata: object = {}) => ({
  metadata: { name: "p", ...metadata },
  spec: { containers: [{ name: "buildkitd", image: "moby/buildkit:x" }] },
  status: { phase: "Pending", ...status },
});
const container = (parts: object) =>
  pod({ phase: "Running", containerStatuses: [{ name: "buildkitd", ...parts }] });
const waiting = (reason: string, message?: string) =>
  container({ state: { waiting: { reason, ...message && { message } } } });
const event = (message: string, lastTimestamp: string, name = "p") => ({
  involvedObject: { name },
  ...{ message, lastTimestamp },
});

Deno.test("why a pod isn't ready", () => {
  const oom = { terminated: { reason: "OOMKilled", exitCode: 137 } };
  const cases: [ReturnType<typeof pod>, string | undefined, boolean?][] = [
    [pod({ conditions: [{ type: "Ready", status: "True" }] }), undefined],
    [
      pod({
        conditions: [{
          ...{ type: "PodScheduled", status: "False", reason: "Unschedulable" },
          message: "0/3 nodes are available: 3 Insufficient memory.",
        }],
      }),
      "pod p can't be scheduled: 0/3 nodes are available: 3 Insufficient memory.",
    ],
    [
      waiting("ErrImagePull", "unauthorized: login required"),
      "pod p can't get the image moby/buildkit:x (ErrImagePull): unauthorized: login required",
    ],
    [
      waiting("ImagePullBackOff", "Back-off pulling image"),
      "pod p can't get the image moby/buildkit:x (ImagePullBackOff)",
    ],
    [
      waiting("InvalidImageName", "couldn't parse"),
      "pod p can't get the image moby/buildkit:x (InvalidImageName): couldn't parse",
      true,
    ],
    [
      waiting("CreateContainerConfigError", 'secret "x" not found'),
      'pod p has a container buildkitd that waits (CreateContainerConfigError): secret "x" not found',
    ],
    [waiting("ContainerCreating"), "pod p is running but not ready yet"],
    [
      container({ restartCount: 1, state: { running: {} }, lastState: oom }),
      "pod p has a container buildkitd that ended (OOMKilled, exit code 137): it ran out of " +
      "memory, see limits.memory, and was started again 1 times",
    ],
    [
      container({
        restartCount: 3,
        state: { waiting: { reason: "CrashLoopBackOff" } },
        lastState: oom,
      }),
      "pod p has a container buildkitd that ended (OOMKilled, exit code 137): it ran out of " +
      "memory, see limits.memory, and was started again 3 times",
      true,
    ],
    [
      pod({ phase: "Failed", reason: "Evicted", message: "The node was low on disk." }),
      "pod p was evicted from its node: The node was low on disk.",
    ],
    [pod({}, { deletionTimestamp: "2026-01-01T00:00:00Z" }), "pod p is being deleted"],
    [pod({ reason: 5, conditions: "none", containerStatuses: [1] }), "pod p is Pending"],
  ];
  for (const [value, text, isFinal = false] of cases) {
    const found = reasonOf(value, []);
    assert.equal(found?.text, text);
    if (text !== undefined) assert.equal(found?.isFinal, isFinal, text);
  }
});

Deno.test("a pod without a telling state is explained by its last warning", () => {
  const events = [
    event("FailedMount: configmap not found\x1b[2J", "2026-01-01T00:00:02Z"),
    event("an older one", "2026-01-01T00:00:01Z"),
    event("of another pod", "2026-01-01T00:00:03Z", "q"),
  ];
  assert.equal(
    reasonOf(pod({}), events)?.text,
    "pod p is Pending: FailedMount: configmap not found [2J",
  );
});
