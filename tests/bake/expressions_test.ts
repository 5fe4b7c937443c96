/**
 * Expressions, one a line, through the peer and through ours: those that have a value many to a run,
 * those that are errors each in one of its own. `\N` is a new line. `~~ ` before one says that the two
 * differ and are meant to: docs/bake.md says why.
 */
import { equal, notEqual, ok } from "node:assert/strict";
import { missing, need } from "../harness/tool.ts";
import { skip } from "../harness/skip.ts";
import { runOurs, runPeer } from "./runs.ts";
import { expressionsSample, isError } from "./sample.ts";

const ignore = skip(await missing("buildx"));

/** The peer takes an unknown name that stands twice in a file for a cycle, types among them. */
const aloneInFile = /NOPE|convert\(/;

for (const area of ["functions", "language"]) {
  Deno.test({
    name: `bake expressions as buildx evaluates them: ${area}`,
    ignore,
    fn: async (t) => {
      const buildx = await need("buildx");
      const file = new URL(`expressions/${area}.txt`, import.meta.url);
      const good: string[] = [], alone: string[] = [];
      for (const line of (await Deno.readTextFile(file)).trimEnd().split("\n")) {
        if (line.startsWith("~~ ")) {
          const sample = expressionsSample([line.slice(3)]);
          const [ours, peers] = [await runOurs(sample), await runPeer(buildx, sample)];
          await t.step(line, () => notEqual(ours, peers));
        } else if (aloneInFile.test(line) || isError(await runOurs(expressionsSample([line])))) {
          alone.push(line);
        } else good.push(line);
      }
      ok(good.length > 100 && alone.length > 50, "both kinds are there");
      for (const expressions of [...chunks(good, 60), ...alone.map((line) => [line])]) {
        const name = expressions.length === 1 ? expressions[0]! : `${expressions[0]} and more`;
        await t.step(name, async () => {
          const sample = expressionsSample(expressions);
          equal(await runOurs(sample), await runPeer(buildx, sample));
        });
      }
    },
  });
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size));
  return parts;
}
