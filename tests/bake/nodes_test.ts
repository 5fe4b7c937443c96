/** bake on a builder with several nodes: each target where its platform is built. */
import { equal, match } from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";

const ignore = skip(
  needsRoot() ??
    await missing("buildkitd", "buildctl", "runc", "busybox", "docker-registry", "buildx"),
);
const shared = ignore ? undefined! : await sharedBuildkitd();

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
    const nodes = [
      node("far0", shared.address, "amd64"),
      node("far1", second.address, "riscv64"),
    ];
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
    const ran = await space.fairlead(["bake", "--metadata-file", "meta"], env);
    equal(ran.code, 0, ran.stderr);
    const meta = JSON.parse(space.read("meta"));
    match(meta.a["buildx.build.ref"], /^far\/far0\//);
    match(meta.b["buildx.build.ref"], /^far\/far1\//);
    equal(space.read("out/a/amd64"), "x");
    equal(space.read("out/b/riscv64"), "x");
    equal(space.read("out/both/linux_amd64/amd64"), "x");
    equal(space.read("out/both/linux_riscv64/riscv64"), "x");
    const errors = [];
    for (const program of ["fairlead", "buildx"] as const) {
      const apart = await space[program](["bake", "apart"], env);
      equal(apart.code, 1, apart.stderr);
      errors.push(apart.stderr.match(/^ERROR: (.*)$/m)?.[1]);
    }
    match(errors[0]!, /failed to use b as context other for apart/);
    equal(errors[0], errors[1]);
  },
);
