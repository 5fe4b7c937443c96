/** fairlead is killed by a signal that nothing can catch: no plugin stays behind. */
import assert from "node:assert/strict";
import { until } from "../harness/daemon.ts";
import { missing } from "../harness/tool.ts";
import { skip } from "../harness/skip.ts";
import { startFairlead } from "../harness/fairlead.ts";
import { environment } from "./surroundings.ts";
import { echo, makeZoo, nap, noneRuns, running } from "./zoo.ts";

const ignore = skip(await missing("buildctl"));
const greet = echo("fairlead-transport/1 ok {}");

/** Reads its stdin to the end. The name of the second file makes the process known. */
const reader = `cat - /nowhere/${Deno.pid}`;

/** Scripts of plugins, and the programs that they start: none of these may survive the kill. */
const plugins: Readonly<Record<string, readonly [script: string, ...programs: string[]]>> = {
  "that ends with its stdin": [`${greet}; exec ${reader} >/dev/null 2>&1`, reader],
  "that doesn't read its stdin": [`${greet}; exec ${nap(71)}`, nap(71)],
  "that ignores SIGTERM and has helpers": [
    `trap '' TERM; ${greet}; ${nap(72)} & ${nap(73)} & wait; wait`,
    nap(72),
    nap(73),
  ],
  "that is still connecting": [`exec ${nap(74)}`, nap(74)],
};

for (const [name, [script, ...programs]] of Object.entries(plugins)) {
  Deno.test({ name: `fairlead is killed beside a plugin ${name}`, ignore }, async () => {
    await using zoo = await makeZoo();
    const path = await zoo.add("x", script);
    const env = await environment(zoo.folder);
    const { child, ended } = startFairlead(["du"], { env: { ...env, BUILDKIT_HOST: "x://there" } });
    const isUp = () => Promise.resolve(programs.every((program) => running(program).length > 0));
    assert(await until(isUp, 30_000), "the plugin does not run");
    child.kill("SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL");
    for (const program of [path, ...programs]) await noneRuns(program);
    await ended;
  });
}
