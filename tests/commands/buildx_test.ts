/**
 * fairlead and buildx use one store and one daemon. Each sees the other's entries, and both print
 * the same. Lines that only fairlead prints (why a node isn't running) are left out of the
 * comparison.
 */
import assert from "node:assert/strict";
import { fairlead } from "../harness/fairlead.ts";
import { check, run } from "../harness/run.ts";
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { builderFile, tempStore } from "./temp_store.ts";
import { succeeds } from "../harness/ended.ts";

const ignore = skip(needsRoot() ?? await missing("buildkitd", "buildx", "runc"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

/** Both programs on a store of their own, in the same surroundings. */
async function both() {
  const temp = tempStore();
  const buildx = await need("buildx");
  const env = {
    BUILDX_CONFIG: temp.path,
    DOCKER_CONFIG: temp.env.DOCKER_CONFIG!,
    DOCKER_HOST: "unix:///nowhere/docker.sock",
    BUILDX_BUILDER: "",
    BUILDKIT_HOST: "",
  };
  return {
    temp,
    fairlead: (...words: string[]) => fairlead(words, { env }),
    buildx: (...words: string[]) => run(buildx, words, { env }),
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

/** Without the rows of the docker context, which buildx can't reach here. */
function stored(table: string): string[] {
  return table.trimEnd().split("\n").filter((line) => !/^(default| \\_ default)/.test(line))
    .map((line) => line.replace(/ +/g, " ").trimEnd());
}

async function withDaemon(act: (daemon: Buildkitd) => Promise<void>) {
  const daemon = await startBuildkitd({ tcp: true });
  try {
    await act(daemon);
  } finally {
    await daemon.stop();
  }
}

test("create writes the same files as buildx, for the same words", async () => {
  const lines = [
    ["create", "--name", "One", "--use", "tcp://127.0.0.1:9"],
    ["create", "--name", "plat", "--platform", "linux/arm64,linux/arm", "tcp://127.0.0.1:9"],
    [
      ...["create", "--name", "opts", "--driver"],
      ...["remote", "--driver-opt", "default-load=true", "unix:///x"],
    ],
    [
      ...["create", "--append", "--name", "opts", "--node"],
      ...["second", "--platform", "linux/386", "unix:///y"],
    ],
    [
      ...["create", "--name", "opts", "--node", "opts0", "--platform", "linux/386,linux/amd64"],
      ...["--driver-opt", "cacert=/a<b&c", "unix:///z"],
    ],
    ["use", "plat", "--default"],
    ["use", "one", "--global"],
    ["create", "--append", "--name", "plat", "unix:///p"],
    ["create", "--leave", "--name", "plat", "--node", "plat0"],
    ["use", "default"],
    ["rm", "One"],
  ];
  using ours = await both();
  using theirs = await both();
  for (const words of lines) {
    const [a, b] = await Promise.all([ours.fairlead(...words), theirs.buildx(...words)]);
    assert.deepEqual([a.code, a.stdout], [b.code, b.stdout], `${words.join(" ")}: ${b.stderr}`);
    // buildx leaves behind what it recorded under a name with capitals.
    const files = theirs.temp.files().filter((file) =>
      words[0] !== "rm" || file !== "activity/One"
    );
    assert.deepEqual(ours.temp.files(), files, words.join(" "));
    for (const file of files.filter((file) => !file.startsWith("activity/"))) {
      assert.equal(ours.temp.read(file), theirs.temp.read(file), `${words.join(" ")}: ${file}`);
    }
  }
});

Deno.test(
  { name: "ls and inspect print what buildx prints, whoever made the builder", ignore },
  () =>
    withDaemon(async (daemon) => {
      using programs = await both();
      const { fairlead, buildx } = programs;
      const up = ["--platform", "linux/arm64,linux/riscv64", "--driver-opt", "default-load=true"];
      assert.equal((await buildx("create", "--name", "Theirs", ...up, daemon.tcp)).code, 0);
      const ours = await fairlead(
        "create",
        "--name",
        "Ours",
        "--use",
        "--bootstrap",
        ...up,
        daemon.address,
      );
      assert.deepEqual([ours.code, ours.stdout, ours.stderr], [0, "Ours\n", ""]);
      assert.equal((await buildx("create", "--name", "down", "tcp://127.0.0.1:9")).code, 0);

      for (const words of [["ls"], ["ls", "--no-trunc"]]) {
        const [a, b] = [await fairlead(...words), await buildx(...words)];
        assert.deepEqual(stored(a.stdout), stored(b.stdout));
      }
      for (const name of ["Theirs", "ours", ""]) {
        const words = ["inspect", "-D", ...name ? [name] : []];
        const [a, b] = [await fairlead(...words), await buildx(...words)];
        assert.deepEqual(a, { ...b, stderr: "" });
      }
      const format = "{{.Name}} {{.DriverEndpoint}} {{.Status}} {{.Buildkit}} {{.Platforms}} " +
        "{{.LastActivity}} {{.Builder.Current}} {{json .Builder}} {{json .}}";
      for (const words of [["ls", "--format", "json"], ["ls", "--format", format]]) {
        const [a, b] = [await fairlead(...words), await buildx(...words)];
        const lines = (text: string) =>
          text.split("\n").filter((line) => !line.includes('default"') && !line.includes("down"));
        assert.deepEqual(lines(a.stdout), lines(b.stdout));
      }
      const [a, b] = [await fairlead("inspect", "down"), await buildx("inspect", "down")];
      assert.equal(a.stdout.replace(/^(Error|Hint):.*\n/gm, ""), b.stdout);

      assert.equal((await buildx("use", "theirs")).code, 0);
      assert.match((await fairlead("ls")).stdout, /^Theirs\* /m);
      assert.equal((await fairlead("use", "ours")).code, 0);
      assert.match((await buildx("ls")).stdout, /^Ours\* /m);
      assert.equal((await fairlead("rm", "theirs")).stderr, "theirs removed\n");
      assert.equal((await buildx("rm", "ours")).stderr, "ours removed\n");
      assert.deepEqual(
        stored((await buildx("ls")).stdout).filter((line) => /ours|theirs/i.test(line)),
        [],
      );
    }),
);

test("the lock keeps fairlead and buildx from overwriting each other", async () => {
  using programs = await both();
  const { fairlead, buildx, temp } = programs;
  temp.write("instances/shared", builderFile("shared", "unix:///first"));
  const words = (who: string, i: number) => [
    ...["create", "--append", "--name", "shared", "--node", `${who}${i}`, `unix:///${who}${i}`],
  ];
  await Promise.all(["fairlead", "buildx"].map(async (who) => {
    for (let i = 0; i < 5; i++) {
      await succeeds((who === "fairlead" ? fairlead : buildx)(...words(who, i)));
    }
  }));
  assert.equal(JSON.parse(temp.read("instances/shared")).Nodes.length, 11);
});

test("a full store ends both with 102, and keeps its builders", async () => {
  using programs = await both();
  const { path } = programs.temp;
  const create = (name: string) => [
    ...["create", "--name", name, "--driver", "remote", "tcp://127.0.0.1:1"],
  ];
  await check("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path]);
  try {
    assert.equal((await programs.fairlead(...create("one"))).code, 0);
    try {
      Deno.writeFileSync(`${path}/fill`, new Uint8Array(1 << 20));
    } catch {
      // The disk is full.
    }
    for (const program of ["buildx", "fairlead"] as const) {
      const { code, stderr } = await programs[program](...create("two"));
      assert.equal(code, 102, stderr);
      assert.match(stderr, /ERROR: .*no space left on device/i);
      if (program === "fairlead") assert.match(stderr, /^hint: make room on its disk/m);
    }
    const names = [...Deno.readDirSync(`${path}/instances`)].map(({ name }) => name);
    assert.deepEqual(names, ["one"]);
    assert.match((await programs.fairlead("ls", "--format", "{{.Name}}")).stdout, /^one\*?$/m);
  } finally {
    await check("umount", [path]);
  }
});
