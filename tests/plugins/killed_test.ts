/** fairlead is killed by a signal that nothing can catch: no plugin stays behind. */
import assert from "node:assert/strict";
import { missing } from "../harness/tool.ts";
import { skip } from "../harness/skip.ts";
import { startFairlead } from "../harness/fairlead.ts";
import { environment } from "./surroundings.ts";
import { echo, makeZoo, nap, noneRuns, running } from "./zoo.ts";

const ignore = skip(await missing("buildctl"));
const greet = echo("fairlead-transport/1 ok {}");

const plugins: Readonly<Record<string, string>> = {
  "that ends with its stdin": `${greet}; cat >/dev/null`,
  "that doesn't read its stdin": `${greet}; exec ${nap(71)}`,
  "that ignores SIGTERM and has helpers": `trap '' TERM; ${greet}; ${nap(72)} & ${
    nap(73)
  } & wait; wait`,
  "that is still connecting": `exec ${nap(74)}`,
};

for (const [name, script] of Object.entries(plugins)) {
  Deno.test({ name: `fairlead is killed beside a plugin ${name}`, ignore }, async () => {
    await using zoo = await makeZoo();
    const path = await zoo.add("x", script);
    const env = await environment(zoo.folder);
    const { child, ended } = startFairlead(["du"], { env: { ...env, BUILDKIT_HOST: "x://there" } });
    const end = performance.now() + 10_000;
    // Then all of it runs, the helpers too.
    while (!running(path).some((line) => line.includes(" connect")) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (running(nap(71)).length + running(nap(74)).length > 0) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill("SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL");
    await noneRuns(path);
    for (const sleep of [71, 72, 73, 74]) await noneRuns(nap(sleep));
    await ended;
  });
}
