import assert from "node:assert/strict";
import { failedFiles, type Result, runTests, runTestsTwice, summary } from "./suite.ts";
import { removedLater } from "./remove_folder.ts";

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

Deno.test("the files of failed tests, steps and modules are found", () => {
  const output = "x => ./tests/no_test.ts:1:1\n FAILURES \n\n" +
    "a ... in => ./tests/a_test.ts:1:39\nb => c => ./tests/a_test.ts:2:6\n" +
    "./tests/b_test.ts (uncaught error)\n\nFAILED | 0 passed | 3 failed (1s)\n";
  assert.deepEqual(failedFiles(output), ["./tests/a_test.ts", "./tests/b_test.ts"]);
  assert.deepEqual(failedFiles("ok | 1 passed | 0 failed\n"), []);
});

Deno.test("a test that fails once is named as unsteady, one that fails twice has failed", async () => {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  const run = async (test: string): Promise<Result> => {
    await Deno.writeTextFile(`${dir}/a_test.ts`, `Deno.test("passes", () => {});\n${test}`);
    const { signal } = new AbortController();
    return await runTestsTwice("on purpose", ["--quiet", dir], {
      cwd: dir,
      minutes: 1,
      signal,
      show: () => {},
    });
  };
  const failed = await run(`Deno.test("always", () => {\n  throw new Error("on purpose");\n});`);
  assert.deepEqual([failed.passed, failed.failed, failed.unsteady], [1, 1, undefined]);
  // A test that another file registers is not in that file when it runs alone.
  const cases = `export const add = () =>
    Deno.test("added", () => {
      throw new Error("on purpose");
    });`;
  await Deno.writeTextFile(`${dir}/cases.ts`, cases);
  const added = await run(`import { add } from "./cases.ts";\nadd();`);
  assert.deepEqual([added.passed, added.failed, added.unsteady], [1, 1, undefined]);
  const chance = `Deno.test("chance", () => {
      try {
        Deno.mkdirSync("${dir}/was-here");
      } catch {
        return;
      }
      throw new Error("on purpose");
    });`;
  const unsteady = await run(chance);
  assert.deepEqual([unsteady.passed, unsteady.failed, unsteady.unsteady], [2, 0, ["./a_test.ts"]]);
});
