/** bake on a builder with several nodes: each target where its platform is built. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));

Deno.test(
  { name: "targets for several platforms go to the nodes that have them", ignore },
  async () => {
    await using second = await startBuildkitd();
    await using space = await workspace(shared.address);
    const node = (name: string, endpoint: string, architecture: string) => ({
      Name: name,
      Endpoint: endpoint,
      Platforms: [{ os: "linux", architecture }],
      DriverOpts: null,
      Flags: null,
      Files: null,
    });
    const nodes = [node("far0", shared.address, "amd64"), node("far1", second.address, "riscv64")];
    space.write({
      ".store/instances/far": JSON.stringify({ Name: "far", Driver: "remote", Nodes: nodes }),
      Dockerfile: "FROM scratch\nARG TARGETARCH\nCOPY file /${TARGETARCH}\n",
      file: "x",
      "docker-bake.json": JSON.stringify({
        group: { default: { targets: ["a", "b", "both"] } },
        target: {
          a: { platforms: ["linux/amd64"], output: ["type=local,dest=out/a"] },
          b: { platforms: ["linux/riscv64"], output: ["type=local,dest=out/b"] },
          both: { platforms: ["linux/amd64", "linux/riscv64"], output: ["out/both"] },
          apart: {
            platforms: ["linux/amd64"],
            contexts: { other: "target:b" },
            "dockerfile-inline": "FROM other\n",
          },
        },
      }),
    });
    const env = { BUILDX_BUILDER: "far" };
    const plan = await succeeds(space.fairlead(["bake", "--plan", "--timeline=t.html"], env));
    const fixed = (
      target: string,
      name: string,
      endpoint: string,
      platform: string,
    ) => [target, name, endpoint, `${platform} (fixed)`];
    deepEqual(plan.stdout.trimEnd().split("\n").map((line) => line.split(/ {3,}/)), [
      ["TARGET", "NODE", "ENDPOINT", "PLATFORMS"],
      fixed("a", "far0", shared.address, "linux/amd64"),
      fixed("b", "far1", second.address, "linux/riscv64"),
      fixed("both", "far0", shared.address, "linux/amd64"),
      fixed("both", "far1", second.address, "linux/riscv64"),
    ]);
    const json = await space.fairlead(["bake", "--plan=json", "b"], env);
    deepEqual(JSON.parse(json.stdout), [{
      target: "b",
      node: "far1",
      endpoint: second.address,
      platforms: [{ platform: "linux/riscv64", reason: "fixed" }],
    }]);
    match((await space.fairlead(["bake", "--plan=x"], env)).stderr, /invalid plan format "x"/);
    const both = await space.fairlead(["bake", "--plan", "--print"], env);
    match(both.stderr, /--plan and --print are mutually exclusive/);
    for (const made of ["out", "t.html", ".store/refs"]) {
      throws(() => Deno.statSync(space.path(made)), Deno.errors.NotFound);
    }
    await succeeds(space.fairlead(["bake", "--metadata-file", "meta", "--timeline=t.html"], env));
    const meta = JSON.parse(space.read("meta"));
    match(meta.a["buildx.build.ref"], /^far\/far0\//);
    match(meta.b["buildx.build.ref"], /^far\/far1\//);
    match(space.read("t.html"), /<h1>bake default<\/h1>[^]*finished[^]*\[both [^]*riscv64/);
    const { stdout } = await space.fairlead(
      ["history", "timeline", meta.both["buildx.build.ref"]],
      env,
    );
    // The timeline shows the records of both nodes.
    match(
      stdout,
      /COPY file \/amd64[^]*COPY file \/riscv64|COPY file \/riscv64[^]*COPY file \/amd64/,
    );
    equal(space.read("out/a/amd64"), "x");
    equal(space.read("out/b/riscv64"), "x");
    equal(space.read("out/both/linux_amd64/amd64"), "x");
    equal(space.read("out/both/linux_riscv64/riscv64"), "x");
    const errorsOf = async (...words: string[]) => {
      const ours = errorOf(await space.fairlead(["bake", ...words], env));
      // buildx 0.36.1 often panics here ("send on closed channel"), so the test asks again.
      for (let tries = 0; tries < 8; tries++) {
        const theirs = await space.buildx(["bake", ...words], env);
        if (!theirs.stderr.includes("\npanic: ")) return [ours, errorOf(theirs)];
      }
      return [ours, ours];
    };
    const errors = await errorsOf("apart");
    match(errors[0]!, /failed to use b as context other for apart/);
    equal(errors[0], errors[1]);
    const archive = ["--set", "both.output=type=oci,dest=x.tar", "--allow=fs=*"];
    const refused = await errorsOf("a", "both", ...archive);
    match(refused[0]!, /^target both: oci for multi-node builds currently not supported/);
    equal(refused[0], refused[1]);
  },
);

function errorOf({ code, stderr }: { readonly code: number; readonly stderr: string }) {
  equal(code, 1, stderr);
  return stderr.match(/^ERROR: (.*)$/m)?.[1];
}
