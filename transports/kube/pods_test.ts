import assert from "node:assert/strict";
import { defaultContainer, podOf, stateOf } from "./pod.ts";
import { inOrder } from "./pods.ts";

Deno.test("the state of a pod", () => {
  const ready = (status: string) => [{ type: "Ready", status }];
  const waiting = (reason: string) => [{ name: "c", state: { waiting: { reason } } }];
  const table: [unknown, string][] = [
    [{ status: { phase: "Running", conditions: ready("True") } }, "ready"],
    [{ status: { phase: "Running", conditions: ready("False") } }, "not ready"],
    [{ status: { phase: "Running" } }, "not ready"],
    [
      { status: { phase: "Running", containerStatuses: waiting("CrashLoopBackOff") } },
      "not ready (CrashLoopBackOff)",
    ],
    [
      { status: { phase: "Pending", containerStatuses: waiting("ErrImagePull") } },
      "Pending (ErrImagePull)",
    ],
    [{ status: { phase: "Failed" } }, "Failed"],
    [{}, "of unknown state"],
    [
      {
        metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
        status: { phase: "Running", conditions: ready("True") },
      },
      "terminating",
    ],
  ];
  for (const [pod, state] of table) assert.equal(stateOf(podOf(pod)), state);
});

Deno.test("the container that kubectl would choose", () => {
  const containers = [{ name: "a" }, { name: "b" }];
  const annotated = (name: string) => ({
    metadata: { annotations: { "kubectl.kubernetes.io/default-container": name } },
    spec: { containers },
  });
  const chosen = (pod: unknown) => defaultContainer(podOf(pod));
  assert.equal(chosen({ spec: { containers } }), "a");
  assert.equal(chosen(annotated("b")), "b");
  assert.equal(chosen(annotated("gone")), "a");
  assert.equal(chosen({}), undefined);
});

Deno.test("sticky: a key keeps its pod when others come and go", async () => {
  const pods = Array.from({ length: 5 }, (_, i) => ({ name: `pod-${i}` }));
  const keys = Array.from({ length: 200 }, (_, i) => `/src/${i}`);
  const first = async (of: typeof pods, key: string) => (await inOrder(of, "sticky", key))[0]!.name;
  const counts = new Map<string, number>();
  for (const key of keys) {
    const chosen = await first(pods, key);
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    assert.equal(await first(pods.toReversed(), key), chosen, "the list's order has no say");
    const without = pods.filter(({ name }) => name !== "pod-2");
    const then = await first(without, key);
    if (chosen !== "pod-2") assert.equal(then, chosen);
    const [, second] = await inOrder(pods, "sticky", key);
    if (chosen === "pod-2") assert.equal(then, second!.name, "the next one is its second");
  }
  assert.equal(counts.size, 5);
  assert([...counts.values()].every((count) => count > 20), "each has its share");
});
