/** Each sample definition through `buildx bake --print` and through ours: output and errors alike. */
import { equal } from "node:assert/strict";
import { missing, need } from "../harness/tool.ts";
import { skip } from "../harness/skip.ts";
import { runOurs, runPeer } from "./runs.ts";
import { readSamples } from "./sample.ts";

const ignore = skip(await missing("buildx"));

for (const [area, samples] of readSamples()) {
  Deno.test({
    name: `bake definitions as buildx reads them: ${area}`,
    ignore,
    fn: async (t) => {
      const buildx = await need("buildx");
      for (const sample of samples) {
        await t.step(sample.name, async () => {
          equal(await runOurs(sample), await runPeer(buildx, sample));
        });
      }
    },
  });
}
