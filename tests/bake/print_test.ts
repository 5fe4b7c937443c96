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
          const ours = await runOurs(sample);
          let theirs = await runPeer(buildx, sample);
          // The peer's order of a matrix with two keys is its map's, another one in each run: ours
          // must be one of them.
          for (let tries = 0; area === "matrix" && theirs !== ours && tries < 12; tries++) {
            theirs = await runPeer(buildx, sample);
          }
          equal(ours, theirs);
        });
      }
    },
  });
}
