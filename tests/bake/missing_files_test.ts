/** Files that a target names and that aren't there, on a real daemon, beside buildx. */
import { equal, match } from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";

const ignore = skip(
  needsRoot() ??
    await missing("buildkitd", "buildctl", "runc", "busybox", "docker-registry", "buildx"),
);
const address = ignore ? "" : (await sharedBuildkitd()).address;

Deno.test(
  { name: "a Dockerfile that isn't there: whose it is, and where it is looked for", ignore },
  async () => {
    await using space = await workspace(address);
    space.write({
      "docker-bake.json": JSON.stringify({
        target: { a: { context: "sub", dockerfile: "Nope" }, b: {} },
      }),
      "sub/x": "",
      Dockerfile: "FROM scratch\nCOPY Dockerfile /\n",
    });
    for (const names of [["a", "b"], ["a"]]) {
      const words = ["bake", "--progress", "plain", ...names];
      const [ours, theirs] = [await space.fairlead(words), await space.buildx(words)];
      equal(ours.code, 1);
      equal(ours.stderr.match(/^ERROR: .*$/m)?.[0], theirs.stderr.match(/^ERROR: .*$/m)?.[0]);
      match(ours.stderr, /^hint: the dockerfile of a is sub\/Nope: /m);
    }
  },
);
