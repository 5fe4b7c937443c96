/**
 * The frontend's attributes of a build, read from the daemon's record, compared with those that
 * buildx sends for the same command line.
 */
import assert from "node:assert/strict";
import type { BuildHistoryRecord } from "../../proto/gen/control.ts";
import { commitAll, gitDaemon } from "../harness/git.ts";
import { check } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { missing, onPath } from "../harness/tool.ts";
import { alike, type InWorkspace, inWorkspace, type Workspace } from "./workspace.ts";
import { recordOf } from "../harness/client.ts";
import { succeeds } from "../harness/ended.ts";

const git = await onPath("git") ? undefined : "git is not installed (Debian's package git)";
const { ignore, shared } = await withShared(git ?? await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

/** Builds with a program, and gives the attributes of the daemon's record. */
async function attributes(
  space: Workspace,
  program: "fairlead" | "buildx",
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Record<string, string>> {
  return (await recordBy(space, program, args, env)).FrontendAttrs;
}

/** Builds with a program, and gives the daemon's record of it. */
async function recordBy(
  space: Workspace,
  program: "fairlead" | "buildx",
  args: readonly string[],
  env: Record<string, string>,
): Promise<BuildHistoryRecord> {
  const file = ["--metadata-file", "meta.json"];
  await succeeds(space[program](["build", ...file, ...args], env));
  const ref = JSON.parse(space.read("meta.json"))["buildx.build.ref"].split("/").pop();
  return await recordOf(shared.address, ref);
}

async function compare(
  space: Workspace,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Record<string, string>> {
  return await alike((program) => attributes(space, program, args, env), args.join(" "));
}

async function run(space: Workspace, folder: string, ...args: string[]): Promise<string> {
  const env = { ...space.env, GIT_CONFIG_GLOBAL: "/dev/null" };
  const { stdout } = await check("git", ["-C", space.path(folder), ...args], { env });
  return stdout.trim();
}

const commit = ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--allow-empty", "-m"];

test("a checkout: revision, source and folders, as git says them", async (space) => {
  space.write({ "repo/app/Dockerfile": "FROM scratch\nLABEL a=b\n", "repo/lib/f": "" });
  const context = ["--build-context", "lib=repo/lib", "repo/app"];
  assert.equal((await compare(space, context))["vcs:revision"], undefined);
  await run(space, "repo", "init", "-q", "-b", "main");
  assert.equal((await compare(space, context))["vcs:localdir:context"], "app");
  await run(space, "repo", "add", ".");
  await run(space, "repo", ...commit, "one");
  const revision = await run(space, "repo", "rev-parse", "HEAD");
  assert.equal((await compare(space, context))["vcs:revision"], revision);
  const url = "https://me:secret@example.com/a/b.git";
  await run(space, "repo", "remote", "add", "upstream", "git@example.com:up/stream.git");
  assert.equal((await compare(space, context))["vcs:source"], "git@example.com:up/stream.git");
  await run(space, "repo", "remote", "add", "origin", url);
  const told = await compare(space, context);
  assert.equal(told["vcs:source"], "https://xxxxx:xxxxx@example.com/a/b.git");
  assert.equal(told["vcs:localdir:lib"], "lib");
  await run(space, "repo", "remote", "add", "mine", "https://token@example.com/mine");
  await run(space, "repo", "config", "branch.main.remote", "mine");
  await run(space, "repo", "config", "branch.main.merge", "refs/heads/main");
  await run(space, "repo", "config", "remote.mine.fetch", "+refs/heads/*:refs/remotes/mine/*");
  assert.equal((await compare(space, context))["vcs:source"], "https://xxxxx@example.com/mine");
  await run(space, "repo", "gc", "-q");
  await run(space, "repo", "checkout", "-q", "--detach");
  assert.equal((await compare(space, context))["vcs:revision"], revision);
  await run(space, "repo", "worktree", "add", "-q", "-b", "other", space.path("tree"));
  await run(space, "tree", ...commit, "two");
  await run(space, "repo", "pack-refs", "--all");
  await compare(space, ["tree/app"]);
  for (const BUILDX_GIT_LABELS of ["1", "full", "0"]) {
    const labelled = await compare(space, ["tree/app"], { BUILDX_GIT_LABELS });
    const key = "label:com.docker.image.source.entrypoint";
    assert.equal(labelled[key], BUILDX_GIT_LABELS === "0" ? undefined : "app/Dockerfile");
  }
  await compare(space, ["-f", "tree/app/Dockerfile", "tree/lib"], { BUILDX_GIT_LABELS: "1" });
  assert.equal(
    (await compare(space, ["tree/app"], { BUILDX_GIT_INFO: "0" }))["vcs:source"],
    undefined,
  );
  const dirty = { BUILDX_GIT_CHECK_DIRTY: "1" };
  assert.doesNotMatch((await compare(space, ["tree/app"], dirty))["vcs:revision"]!, /dirty/);
  space.write({ "tree/new": "" });
  assert.match((await compare(space, ["tree/app"], dirty))["vcs:revision"]!, /-dirty$/);
});

test("proxies of docker's configuration, and the time of the sources", async (space) => {
  const proxies = {
    default: { httpProxy: "http://p", noProxy: "localhost", ftpProxy: "ftp://f" },
    "unix:///special.sock": { httpsProxy: "https://s" },
  };
  space.write({
    "ctx/Dockerfile": "FROM scratch\nLABEL a=b\n",
    ".docker/config.json": JSON.stringify({ proxies }),
  });
  const all = await compare(space, ["ctx"]);
  assert.equal(all["build-arg:HTTP_PROXY"], "http://p");
  const one = await compare(space, ["ctx"], { DOCKER_HOST: "unix:///special.sock" });
  assert.equal(one["build-arg:HTTP_PROXY"], undefined);
  assert.equal(one["build-arg:HTTPS_PROXY"], "https://s");
  const given = await compare(space, ["--build-arg=http_proxy=mine", "ctx"]);
  assert.equal(given["build-arg:HTTP_PROXY"], undefined);
  await compare(space, ["ctx"], { SOURCE_DATE_EPOCH: "1700000000" });
});

test("the frontend's other attributes are as in buildx", async (space) => {
  space.write({
    "ctx/Dockerfile": "FROM scratch AS one\nLABEL a=b\nFROM one AS two\n",
    "other/lower/dockerfile": "FROM scratch\nLABEL c=d\n",
    "other/upper/dockerfile": "FROM scratch\nLABEL e=f\n",
    "named/f": "",
  });
  const cases: string[][] = [
    ["ctx"],
    ["other/lower"],
    ["--target=one", "--build-arg=A=1", "--label=l=m", "--pull", "ctx"],
    ["--no-cache", "--network=none", "--add-host=h:1.2.3.4", "--shm-size=64m", "ctx"],
    ["--no-cache-filter=one,two", "--ulimit=nofile=10:20", "--cgroup-parent=x", "ctx"],
    ["--platform=linux/amd64", "--provenance=mode=max", "--sbom=false", "ctx"],
    ["--provenance=false", "--resource=memory=512m", "ctx"],
    ['--attest= Type =provenance,Mode=max,b-c=1,b=2,"ENV=a,""b"""', "ctx"],
    ["--shm-size=8191p", "--resource=memory=8191p", "ctx"],
    ["--policy=reset=true", "-f", "other/upper/Dockerfile", "ctx"],
    ["--provenance=", "--sbom=", "--output=", "--build-context=", "ctx"],
    [
      ...["-m1g", "-c", "5", "--cpu-period=6"],
      ...["--cpu-quota=7", "--cpuset-cpus=0", "--cpuset-mems=0", "ctx"],
    ],
    ["--resource=memory=1g", "--resource=memory=0", "--resource=cpuset-cpus=0,1", "ctx"],
    [
      "--memory=1g",
      "--memory-swap=-1",
      "--resource=memory=2g",
      "--resource=cpu-shares=-3",
      "-m=3g",
      "ctx",
    ],
    [
      "--compress",
      "--rm=false",
      "--force-rm",
      "--squash",
      "--isolation=a",
      "--security-opt=b",
      "ctx",
    ],
    ["--build-context=context=named", "--build-context=x/y:latest=docker-image://busybox", "ctx"],
    ["--cache-from=nowhere.invalid/x", "-f", "ctx/Dockerfile", "named"],
    ["--cache-from=type=registry,ref=nowhere.invalid/x,b=1,a=2", "--cache-from=type=inline", "ctx"],
    ["--build-arg=BUILDKIT_MULTI_PLATFORM=1", "ctx"],
  ];
  for (const args of cases) await compare(space, args);
  await compare(space, ["--provenance=mode=max", "ctx"], { BUILDX_NO_DEFAULT_ATTESTATIONS: "x" });
});

/** Builds with a program, and gives its metadata file without what differs from build to build. */
async function metadata(
  space: Workspace,
  program: "fairlead" | "buildx",
  args: readonly string[],
  env: Record<string, string> = {},
  stdin?: string,
): Promise<string> {
  await succeeds(space[program](["build", "--metadata-file=m.json", ...args], env, stdin));
  const key = /("(?:buildx\.build\.ref|build(?:InvocationID|StartedOn|FinishedOn)|vertex)": ").*"/g;
  return space.read("m.json").replace(key, '$1"');
}

/** The parts that are the same in each build. */
function lasting(text: string): unknown {
  const moving = ["sysUsage", "digestMapping", "layers", "resourceUsage"];
  return JSON.parse(text, (key, value) => moving.includes(key) ? undefined : value);
}

test("--metadata-file holds the provenance, and warnings when they are wanted", async (space) => {
  space.write({ "ctx/Dockerfile": "from busybox\nCOPY a <<-E /\nx & y\nE\n", "ctx/a": "" });
  const cases: [args: string[], env: Record<string, string>][] = [
    [[], {}],
    [["--build-arg=A=1"], { BUILDX_METADATA_PROVENANCE: "max" }],
    [["--provenance=mode=max,version=v1"], { BUILDX_METADATA_PROVENANCE: "max" }],
    [[
      "--platform=linux/amd64,linux/arm64",
      "--build-arg=BUILDKIT_MULTI_PLATFORM=1",
      "-f",
      "ctx/Scratch",
    ], {}],
    [[], { BUILDX_METADATA_PROVENANCE: "false", BUILDX_METADATA_WARNINGS: "1" }],
    [[], { BUILDX_METADATA_PROVENANCE: "disabled" }],
  ];
  space.write({ "ctx/Scratch": "FROM scratch\nCOPY a /\n" });
  for (const [args, env] of cases) {
    await alike(async (program) => {
      const text = await metadata(space, program, [...args, "ctx"], env);
      return args.length === 0 ? text : lasting(text);
    }, args.join(" "));
  }
});

test("provenance of what the daemon fetches itself", async (space) => {
  space.write({
    "git/r.git/Dockerfile": "FROM busybox AS b\nFROM scratch\nARG A\nCOPY f /\n",
    "git/r.git/f": "one\n",
    "git/r.git/sub/Dockerfile": "FROM scratch\nCOPY g /\n",
    "git/r.git/sub/g": "below\n",
    "local/Dockerfile": "FROM scratch\nCOPY --from=named / /n\nCOPY h /\n",
    "local/h": "",
  });
  await commitAll(space.path("git/r.git"), "one");
  await check("tar", [
    "-cf",
    space.path("c.tar"),
    "-C",
    space.path("git/r.git"),
    "Dockerfile",
    "f",
  ]);
  await using git = await gitDaemon(space.path("git"));
  const tar = Deno.readFileSync(space.path("c.tar"));
  const web = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(tar),
  );
  const repository = `${git.url}/r.git`, archive = `http://127.0.0.1:${web.addr.port}/c.tar`;
  const platforms = "--platform=linux/amd64,linux/arm64";
  const cases: string[][] = [
    [repository],
    [`${repository}#main:sub`],
    [`${repository}?ref=main&subdir=sub`, "--provenance=mode=max"],
    [repository, "--build-arg=A=1", "--label=l=m", "--target=b"],
    [archive],
    [archive, "--provenance=mode=max", "--build-arg=A=1"],
    [`${repository}#main:sub`, platforms],
    [archive, platforms, "--provenance=mode=max,version=v1"],
    ["local", `--build-context=named=${repository}`],
    ["local", `--build-context=named=${archive}`, "--provenance=mode=max"],
  ];
  try {
    for (const args of cases) {
      for (const BUILDX_METADATA_PROVENANCE of ["min", "max"]) {
        const env = { BUILDX_METADATA_PROVENANCE };
        await alike(
          async (program) => lasting(await metadata(space, program, args, env)),
          `${args.join(" ")} ${BUILDX_METADATA_PROVENANCE}`,
        );
      }
    }
  } finally {
    await web.shutdown();
  }
});

test("BUILDX_SEND_GIT_QUERY_AS_INPUT: git URLs with a query as definitions, as buildx sends them", async (space) => {
  space.write({
    "git/r.git/Dockerfile": "FROM scratch\nCOPY f /\n",
    "git/r.git/f": "one\n",
    "git/r.git/sub/Dockerfile": "FROM scratch\nCOPY g /\n",
    "git/r.git/sub/g": "below\n",
    "local/Dockerfile": "FROM scratch\nCOPY --from=named /sub/g /n\n",
  });
  await commitAll(space.path("git/r.git"), "one");
  await using git = await gitDaemon(space.path("git"));
  const repository = `${git.url}/r.git`;
  const env = { BUILDX_SEND_GIT_QUERY_AS_INPUT: "1", BUILDX_METADATA_PROVENANCE: "max" };
  const cases: string[][] = [
    [`${repository}?ref=main&subdir=sub`],
    [`${repository}?branch=main`, "--provenance=mode=max", "--build-arg=A=1"],
    [`${repository}?ref=main&keep-git-dir=1&submodules=false`, "--provenance=mode=max"],
    [`${repository}?ref=main&subdir=sub`, "-f", "-"],
    ["local", `--build-context=named=${repository}?ref=main`, "--provenance=mode=max"],
    [`${repository}#main:sub`],
  ];
  for (const args of cases) {
    const words = ["--policy=disabled=true", ...args];
    await alike(
      async (program) =>
        lasting(await metadata(space, program, words, env, "FROM scratch\nCOPY g /\n")),
      args.join(" "),
    );
  }
});

test("a build is recorded on this side as buildx records it", async (space) => {
  space.write({
    "ctx/Dockerfile": "FROM scratch\nLABEL a=b\n",
    "ctx/Other": "FROM scratch\nLABEL c=d\n",
  });
  const cases: [args: string[], stdin?: string][] = [
    [["ctx"]],
    [["-f", "ctx/Other", "./ctx/"]],
    [["-"], "FROM scratch\nLABEL e=f\n"],
    [["-f", "-", "ctx"], "FROM scratch\nLABEL e=f\n"],
  ];
  for (const [args, stdin] of cases) {
    await alike(async (program) => {
      await Deno.remove(space.path(".store/.buildNodeID")).catch(() => {});
      await succeeds(space[program](["build", "--metadata-file=m.json", ...args], {}, stdin));
      const path = `.store/refs/${JSON.parse(space.read("m.json"))["buildx.build.ref"]}`;
      const mode = (file: string) => Deno.statSync(space.path(file)).mode! & 0o777;
      const machine = space.read(".store/.buildNodeID").replace(/[0-9a-f]/g, "0");
      return [space.read(path), mode(path), machine, mode(".store/.buildNodeID")];
    });
  }
});

test("a builder's last use is noted as buildx notes it", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY nothing /\n" });
  const use = async (program: "fairlead" | "buildx", ...args: string[]) => {
    for (const folder of ["activity", "refs"]) {
      await Deno.remove(space.path(`.store/${folder}`), { recursive: true }).catch(() => {});
    }
    const { code } = await space[program](["build", ...args]);
    const refs = await Deno.stat(space.path(".store/refs")).then(() => true, () => false);
    const activity = await Deno.readTextFile(space.path(".store/activity/test")).catch(() =>
      "none"
    );
    return [code, refs, activity.replace(/\d/g, "0")];
  };
  for (const args of [["--call=outline", "ctx"], ["ctx"], ["-o", "type=local", "ctx"]]) {
    assert.deepEqual(await use("fairlead", ...args), await use("buildx", ...args), args.join(" "));
  }
  // A daemon that is down. buildx waits for it for 20 seconds.
  const builder = space.read(".store/instances/test");
  space.write({ ".store/instances/test": builder.replace(/unix:[^"]*/, "unix:///no/socket") });
  assert.deepEqual(await use("fairlead", "ctx"), [1, false, "0000-00-00T00:00:00Z"]);
});

test("the exporters get the same attributes as from buildx", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nLABEL a=b\n" });
  const name = `${shared.registry}/exporters/a`;
  const plain = { BUILDX_NO_DEFAULT_OCI_ARTIFACT: "1" };
  const cases: [args: string[], env?: Record<string, string>][] = [
    [["-o", "type=image", "-t", "a/b:c", "-t", "d"]],
    [["-t", `${name}:1`, "--push"]],
    [["-o", `type=registry,name=${name}:2,compression=zstd,force-compression=true`]],
    [[
      ...["-o", "type=oci,dest=o.tar", "-o", "type=image,unpack=true"],
      ...["-o", "type=cacheonly", "-o", "out"],
    ]],
    [["-o", "type=oci,dest=o.tar", "-o", "type=image,oci-artifact=true", "-o", "out"], plain],
    [["-o", "type=docker,dest=d.tar", "--build-arg=BUILDKIT_INLINE_BUILDINFO_ATTRS=1"], plain],
    [["-o", "type=image", "--annotation=a=b", "--annotation=manifest[linux/amd64]:c=d,e=f"]],
    [["-t", `${name}:3`, "--push", "-o", "type=image,push=false"]],
  ];
  for (const [args, env = {}] of cases) {
    await alike(async (program) => {
      const { Exporters } = await recordBy(space, program, [...args, "ctx"], env);
      return Exporters.map(({ Type, Attrs }) => ({ Type, Attrs }));
    }, args.join(" "));
  }
});
