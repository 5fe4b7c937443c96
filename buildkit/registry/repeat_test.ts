import { equal, rejects } from "node:assert/strict";
import { RegistryError, type RegistryErrorDetails } from "./registry_error.ts";
import { repeated, retryAfter } from "./repeat.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const error = (details: Partial<RegistryErrorDetails>) =>
  new RegistryError("x", { host: "h", code: "unexpected", ...details });

Deno.test("Retry-After: seconds, dates, and texts that are neither", () => {
  const cases: [string | null, number][] = [
    ["0", 0],
    ["2", 2000],
    [" 30 ", 30_000],
    ["999999999", 999_999_999_000],
    ...[null, "", "-1", "1e999", "1.5", "0x10", "Infinity", "NaN", "9".repeat(10), "tomorrow"]
      .map((text): [string | null, number] => [text, 0]),
    ["Thu, 01 Jan 2026 00:00:10 GMT", 10_000],
    ["Wed, 31 Dec 2025 23:59:50 GMT", 0],
    ["Thu, 99 Jan 2026 99:99:99 GMT", 0],
    ["2026-01-01", 0],
  ];
  for (const [text, ms] of cases) equal(retryAfter(text, now), ms, String(text));
});

async function triesOf(details: Partial<RegistryErrorDetails>): Promise<number> {
  const client = { patience: 30, signal: new AbortController().signal };
  let tries = 0;
  const failing = repeated(client, () => {
    tries++;
    return Promise.reject(error(details));
  });
  await rejects(failing, { message: "x" });
  return tries;
}

Deno.test("how often work is tried: by what it failed with", async () => {
  equal(await triesOf({ passing: true }), 5);
  equal(await triesOf({ passing: true, code: "timeout" }), 2);
  equal(await triesOf({ passing: true, code: "corrupt" }), 2);
  equal(await triesOf({ passing: false, status: 404 }), 1);
  equal(await triesOf({ passing: true, retryAfter: 3600_000 }), 1);
  equal(await triesOf({ passing: true, retryAfter: 1 }), 5);
});

Deno.test("an abort ends a pause with its own reason", async () => {
  const controller = new AbortController();
  const client = { patience: 3600_000, signal: controller.signal };
  const waiting = repeated(client, () => {
    controller.abort(new Error("enough"));
    return Promise.reject(error({ passing: true }));
  });
  await rejects(waiting, { message: "enough" });
});
