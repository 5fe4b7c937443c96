import { equal } from "node:assert/strict";
import { formatAmount, formatBytes, formatSeconds } from "./units.ts";

Deno.test("formatBytes() is Go's units.Bytes with %.2f", () => {
  const cases: [number, string][] = [
    [0, "0B"],
    [999, "999B"],
    [1000, "1.00kB"],
    [61_990_000, "61.99MB"],
    [1e9, "1.00GB"],
    [-1500, "-1.50kB"],
  ];
  for (const [bytes, text] of cases) equal(formatBytes(bytes), text);
});

Deno.test("formatAmount() leaves out what isn't known", () => {
  equal(formatAmount(0, 0), "");
  equal(formatAmount(59, 0), "59B");
  equal(formatAmount(0, 2000), "0B / 2.00kB");
});

Deno.test("formatSeconds() takes milliseconds", () => equal(formatSeconds(1260), "1.3s"));
