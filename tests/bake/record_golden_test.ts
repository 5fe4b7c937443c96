/**
 * The golden files of `bake/golden/` against buildx: some of each file, others in each run. With
 * `FAIRLEAD_RECORD=1` all of them are recorded again instead:
 *
 *     FAIRLEAD_RECORD=1 scripts/test tests/bake/record_golden_test.ts
 */
import { equal } from "node:assert/strict";
import { missing, need } from "../harness/tool.ts";
import { skip } from "../harness/skip.ts";
import {
  expressionResults,
  expressionsSample,
  type GoldenCase,
  type GoldenExpression,
  goldenFiles,
  goldenVersion,
  isError,
  readCases,
  readExpressions,
  type Sample,
  writeCases,
  writeExpressions,
} from "./golden.ts";
import { runCompose, runOurs, runPeer } from "./runs.ts";

const records = Deno.env.get("FAIRLEAD_RECORD") === "1";
const ignore = skip(await missing("buildx"));
/** Cases of a file that are run when nothing is recorded. */
const CHECKED = 4;

async function versionOf(buildx: string): Promise<string> {
  const { stdout } = await new Deno.Command(buildx, { args: ["version"] }).output();
  return /v\d+\.\d+\.\d+\S*/.exec(new TextDecoder().decode(stdout))![0];
}

/** All cases when they are recorded, otherwise a random choice. */
function chosen<T>(all: readonly T[]): T[] {
  if (records) return [...all];
  return all.map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order).slice(0, CHECKED).map(({ item }) => item);
}

/**
 * The peer's order of a matrix with two keys differs from run to run. The peer runs several times;
 * the wanted output is returned if it appears.
 */
async function peerText(buildx: string, sample: Sample, wanted: string): Promise<string> {
  const text = await runPeer(buildx, sample);
  for (let tries = 0; text.trimEnd() !== wanted && tries < 12; tries++) {
    if (!/matrix/.test(sample.files.map(({ text }) => text).join())) break;
    if ((await runPeer(buildx, sample)).trimEnd() === wanted) return wanted;
  }
  return text.trimEnd();
}

for (const kind of ["definitions", "compose"] as const) {
  for (const file of goldenFiles(kind)) {
    Deno.test({ name: `golden ${kind}, ${file}: recorded from this buildx`, ignore }, async () => {
      const buildx = await need("buildx");
      const version = await versionOf(buildx);
      const recorded: GoldenCase[] = [];
      for (const golden of chosen(readCases(kind, file))) {
        const expected = kind === "compose" ? await runCompose(buildx, golden) : await peerText(
          buildx,
          golden,
          records ? (await runOurs(golden)).trimEnd() : golden.expected,
        );
        if (records) recorded.push({ ...golden, expected });
        else equal(expected, golden.expected, golden.name);
      }
      if (records) writeCases(kind, file, version, recorded);
      equal(goldenVersion(kind, file), version);
    });
  }
}

/** The peer takes an unknown name that stands twice in a file for a cycle, types among them. */
const isAlone = /NOPE|convert\(/;

for (const file of goldenFiles("expressions")) {
  Deno.test(
    { name: `golden expressions, ${file}: recorded from this buildx`, ignore },
    async () => {
      const buildx = await need("buildx");
      const version = await versionOf(buildx);
      const run = async (expressions: readonly GoldenExpression[]) => {
        const sample = expressionsSample(expressions.map(({ text }) => text));
        return expressionResults(await runPeer(buildx, sample));
      };
      const all = readExpressions(file);
      const results = new Map<string, string>();
      const together: GoldenExpression[] = [], alone: GoldenExpression[] = [];
      for (const golden of chosen(all)) {
        const isGood = !golden.differs && !isAlone.test(golden.text) &&
          !isError(await runOurs(expressionsSample([golden.text])));
        (isGood ? together : alone).push(golden);
      }
      for (let at = 0; at < together.length; at += 60) {
        const some = together.slice(at, at + 60);
        const found = await run(some);
        // An expression with an error hides the values of the others.
        if (found.length !== some.length) alone.push(...some);
        else some.forEach(({ text }, i) => results.set(text, found[i]!));
      }
      for (const golden of alone) results.set(golden.text, (await run([golden]))[0]!);
      if (records) {
        const recorded = all.map((golden) => ({ ...golden, expected: results.get(golden.text)! }));
        writeExpressions(file, version, recorded);
      } else {
        for (const { text, expected } of all) {
          if (results.has(text)) equal(results.get(text), expected, text);
        }
      }
      equal(goldenVersion("expressions", file), version);
    },
  );
}
