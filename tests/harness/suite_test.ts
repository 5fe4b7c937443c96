import assert from "node:assert/strict";
import { runTests, summary } from "./suite.ts";

Deno.test("the summary line is understood in all its forms", () => {
  assert.deepEqual(summary("x\nok | 6 passed | 0 failed (2s)\n"), {
    passed: 6,
    failed: 0,
    skipped: 0,
  });
  assert.deepEqual(
    summary("FAILED | 10 passed (3 steps) | 2 failed (1 step) | 4 ignored | 1 filtered out (2s)\n"),
    { passed: 10, failed: 2, skipped: 4 },
  );
  assert.deepEqual(summary("error: no such file\n"), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("a file that can't be loaded counts as a failure", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.writeTextFile(`${dir}/a_test.ts`, `Deno.test("passes", () => {});`);
  await Deno.writeTextFile(`${dir}/b_test.ts`, `throw new Error("on purpose");`);
  const { signal } = new AbortController();
  const { passed, failed } = await runTests("on purpose", ["--quiet", dir], {
    cwd: dir,
    minutes: 1,
    signal,
    // It has a summary line of its own, which must not stand in the outer run's output.
    show: () => {},
  });
  await Deno.remove(dir, { recursive: true });
  assert.deepEqual({ passed, failed }, { passed: 1, failed: 1 });
});
