import { deepStrictEqual, strictEqual } from "node:assert";
import { stepOf } from "../../tests/progress/steps.ts";
import { summaryOf } from "./summary.ts";
import type { Step } from "./timeline.ts";

function step(name: string, bars: [number, number][], more: Partial<Step> = {}): Step {
  return stepOf(name, { bars: bars.map(([start, stop]) => ({ start, stop })), ...more });
}

const bytes = (current: number) => [{ name: "x", start: 0, stop: 1, current, total: 0 }];

Deno.test("summaryOf() counts time, steps at the same time, and the slowest ones", () => {
  const steps = [
    step("a", [[0, 10], [20, 30]], { critical: true }),
    step("b", [[5, 25]]),
    step("c", [[25, 26]]),
    step("d", [[0, 0]]),
    step("e", [[0, 30]], { outcome: "cached" }),
  ];
  const { slowest, critical, work, peak, cached } = summaryOf({ duration: 30, origin: 0, steps });
  deepStrictEqual(slowest.map(({ name }) => name), ["a", "b", "c"]);
  deepStrictEqual(critical, { count: 1, time: 20 });
  deepStrictEqual([work, peak, cached], [41, 2, 1]);
});

Deno.test("summaryOf() adds bytes up by their purpose", () => {
  const steps = [
    step("[internal] load build context", [[0, 1]], { transfers: bytes(5) }),
    step("[internal] load build definition from Dockerfile", [[0, 1]], { transfers: bytes(2) }),
    step("[app 1/2] FROM docker.io/library/x", [[0, 1]], { transfers: [...bytes(3), ...bytes(4)] }),
    step("exporting to image", [[0, 1]], { transfers: bytes(9) }),
    step("[app 2/2] RUN x", [[0, 1]], { transfers: bytes(0) }),
  ];
  deepStrictEqual(summaryOf({ duration: 1, origin: 0, steps }).bytes, [
    { purpose: "context and definitions", amount: 7 },
    { purpose: "fetched", amount: 7 },
    { purpose: "exported", amount: 9 },
  ]);
});

Deno.test("summaryOf() of 60,000 steps ends", () => {
  const steps = Array.from({ length: 60_000 }, (_, i) => step("s", [[i, i + 2]]));
  strictEqual(summaryOf({ duration: 60_000, origin: 0, steps }).peak, 2);
});
