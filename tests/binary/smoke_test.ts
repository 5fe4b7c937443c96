/** A user's first steps, by the binary, in a root with libc and a shell, in an empty environment. */
import assert from "node:assert/strict";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { bareRoot, compileInto, tempFolder } from "./binary.ts";

const ignore = Deno.build.os !== "linux" ||
  skip(needsRoot() ?? await missing("busybox", "buildkitd", "runc"));

Deno.test({
  name: "binary: create, inspect, ls, build, and what goes wrong, in a bare root",
  ignore,
  async fn(test) {
    await using made = await tempFolder();
    const daemon = await startBuildkitd({ tcp: true });
    try {
      await using root = await bareRoot(await compileInto(made.path), { shell: "busybox" });
      const file = (name: string) => `${root.path}/${name}`;
      await Deno.mkdir(file("context"));
      await Deno.writeTextFile(file("context/hello"), "hello\n");
      await Deno.writeTextFile(file("context/Dockerfile"), "FROM scratch\nCOPY hello /\n");
      await Deno.writeTextFile(file("context/Broken"), "FROM scratch\nCOPY absent /\n");

      const create = ["create", "--name=first", "--driver=remote", "--use", daemon.tcp];
      const home = "HOME=/tmp/home";
      await test.step("create", async () => {
        const homeless = await root.fairlead(create);
        assert.match(homeless.stderr, /hint: set HOME or [^]*ERROR: no folder to keep builders in/);
        assert.equal(homeless.code, 1);
        const { code, stdout, stderr } = await root.fairlead(create, home);
        assert.equal(stdout, "first\n", stderr);
        assert.equal(code, 0);
      });
      await test.step("inspect, ls, du", async () => {
        assert.match((await root.fairlead(["inspect"], home)).stdout, /^Status: +running$/m);
        assert.match((await root.fairlead(["ls"], home)).stdout, /^first\* +remote/m);
        assert.match((await root.fairlead(["du"], home)).stdout, /^Total:/m);
      });
      await test.step("build into a folder, and into a tar on stdout", async () => {
        const built = await root.fairlead(["build", "-o=/out", "/context"], home);
        assert.equal(built.code, 0, built.stderr);
        assert.equal(await Deno.readTextFile(file("out/hello")), "hello\n");
        // No state at all.
        const host = `BUILDKIT_HOST=${daemon.tcp}`;
        const tar = await root.fairlead(["build", "-o=-", "/context"], host);
        assert.match(tar.stdout, /^hello\0/);
      });
      await test.step("a build that fails, a file that is absent, a flag that is wrong", async () => {
        const broken = await root.fairlead(["build", "-f=/context/Broken", "/context"], home);
        assert.equal(broken.code, 1);
        assert.match(broken.stderr, /ERROR: failed to build: failed to solve: .*absent/);
        const absent = await root.fairlead(["build", "/nowhere"], home);
        assert.equal(absent.code, 1);
        assert.match(absent.stderr, /nowhere/);
        assert.notEqual((await root.fairlead(["build", "--pul", "/context"])).code, 0);
      });
    } finally {
      await daemon.stop();
    }
  },
});
