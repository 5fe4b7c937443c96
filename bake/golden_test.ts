/**
 * Compares the language of bake with the outputs of buildx in `golden/`: definitions, expressions
 * and compose files. `tests/bake/golden.ts` describes the files.
 */
import { equal, notEqual, ok } from "node:assert/strict";
import {
  expressionResults,
  expressionsSample,
  goldenFiles,
  isError,
  readCases,
  readExpressions,
} from "../tests/bake/golden.ts";
import { runCompose, runOurs } from "../tests/bake/runs.ts";

for (const file of goldenFiles("definitions")) {
  Deno.test(`bake definitions as buildx reads them: ${file}`, async () => {
    for (const golden of readCases("definitions", file)) {
      equal((await runOurs(golden)).trimEnd(), golden.expected, golden.name);
    }
  });
}

for (const file of goldenFiles("compose")) {
  Deno.test(`compose files as buildx reads them: ${file}`, async () => {
    for (const golden of readCases("compose", file)) {
      equal(await runCompose(undefined, golden), golden.expected, golden.name);
    }
  });
}

for (const file of goldenFiles("expressions")) {
  Deno.test(`bake expressions as buildx evaluates them: ${file}`, async () => {
    let errors = 0;
    const all = readExpressions(file);
    for (const { text, differs, expected } of all) {
      const output = await runOurs(expressionsSample([text]));
      const [result] = expressionResults(output);
      if (differs) notEqual(result, expected, text);
      else equal(result, expected, text);
      if (isError(output)) errors++;
    }
    ok(errors > 50 && all.length - errors > 100, "values and errors are there");
  });
}
