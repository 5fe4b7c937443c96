/** Builders of which some nodes don't answer, are too old, or say nothing. */
import assert from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { builderFile } from "../commands/temp_store.ts";
import { startFakeBuildkitd } from "../fake_buildkitd.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { operate, tools } from "./daemon.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(needsRoot() ?? await missing(...tools));

/** The file of the builder `test` with these nodes. */
const builder = (nodes: Readonly<Record<string, string>>) => ({
  ".store/instances/test": builderFile("test", nodes),
});

Deno.test(
  { name: "nodes that are down are named, and the others still shown", ignore },
  async () => {
    await using daemon = await operate();
    const { space } = daemon;
    assert.ok(await daemon.build("fine"));
    const [ref] = (await space.fairlead(["history", "ls", "--format", "{{.Ref}}"])).stdout.split(
      "\n",
    );
    space.write(
      builder({ gone: "unix:///no/such.sock", up: daemon.address, far: "tcp://127.0.0.1:1" }),
    );
    for (const args of [["du"], ["history", "ls"], ["prune", "-f", "--filter", "id=zzz"]]) {
      const { stdout, stderr } = await fails(space.fairlead(args));
      assert.match(stdout, /Total:|BUILD ID[^]*Completed/);
      assert.match(stderr, /^ERROR: node gone: cannot reach unix:\/\/\/no\/such\.sock: /m);
      assert.match(stderr, /^ERROR: node far: cannot reach tcp:\/\/127\.0\.0\.1:1: /m);
    }
    const logs = await succeeds(space.fairlead(["history", "logs"]));
    assert.match(logs.stderr, /^WARNING: node gone: [^]*\nWARNING: node far: [^]*DONE/);
    const unknown = await space.fairlead(["history", "inspect", "nonesuch"]);
    assert.match(
      unknown.stderr,
      /node gone: [^]*node far: [^]*ERROR: no record found for ref "nonesuch"/,
    );
    const removed = await fails(space.fairlead(["history", "rm", ref!]));
    assert.match(removed.stderr, /ERROR: node gone: /);
    space.write(builder({ up: daemon.address }));
    assert.doesNotMatch((await space.fairlead(["history", "ls"])).stdout, /Completed/);
  },
);

Deno.test("a daemon without history and one that never answers are named", async () => {
  await using old = startFakeBuildkitd(() => Promise.resolve());
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using space = await workspace(old.address);
  // Inside the test's process: the second command finds its modules loaded, and its time is its
  // own.
  const history = await fails(space.inside(["history", "ls"]));
  assert.equal(
    history.stderr,
    "hint: BuildKit keeps records of builds since v0.11: update the daemon\n" +
      "ERROR: node test0: the daemon has no build history\n",
  );
  space.write(builder({ mute: `tcp://127.0.0.1:${silent.addr.port}` }));
  const du = await fails(space.inside(["du", "--timeout", "1s"]));
  assert.match(du.stderr, /^ERROR: node mute: .* sent nothing for 1 s\n$/m);
  assert.equal(du.stdout, "");
});
