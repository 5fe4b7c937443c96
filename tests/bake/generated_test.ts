/** Random expressions that have a value, through the peer and through ours, many to a run. */
import { equal } from "node:assert/strict";
import { missing, need } from "../harness/tool.ts";
import { skip } from "../harness/skip.ts";
import { randomExpression } from "./generate.ts";
import { runOurs, runPeer } from "./runs.ts";
import { expressionsSample, isError } from "./golden.ts";
import { seeded } from "../harness/random.ts";

const COUNT = 400;
const AT_ONCE = 100;

for (const seed of [1, 2]) {
  Deno.test({
    name: `bake: random expressions have the value that buildx gives them, seed ${seed}`,
    ignore: skip(await missing("buildx")),
  }, async () => {
    const buildx = await need("buildx");
    const next = seeded(seed);
    const good: string[] = [];
    for (let i = 0; good.length < COUNT; i++) {
      const expression = randomExpression((limit) => Math.floor(next() * limit), 2 + i % 4);
      if (!isError(await runOurs(expressionsSample([expression])))) good.push(expression);
    }
    for (let at = 0; at < COUNT; at += AT_ONCE) {
      const sample = expressionsSample(good.slice(at, at + AT_ONCE));
      const [ours, peers] = [await runOurs(sample), await runPeer(buildx, sample)];
      equal(ours, peers, sample.files[0]!.text);
    }
  });
}
