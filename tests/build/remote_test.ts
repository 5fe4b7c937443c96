/** Contexts that the daemon fetches, and named ones, compared with buildx. */
import assert from "node:assert/strict";
import { gitDaemon, missingGit } from "../harness/git.ts";
import { check } from "../harness/run.ts";
import { startSshd } from "../harness/sshd.ts";
import { withShared } from "../harness/shared.ts";
import { startSshAgent } from "../harness/ssh_agent.ts";
import { engineModule } from "../policies/engine_module.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import {
  alike,
  type InWorkspace,
  inWorkspace,
  programs,
  type Workspace,
  workspace,
} from "./workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missingGit() ?? await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

/** A repository with two commits; `v1` names the first. */
async function repository(space: Workspace, name: string): Promise<void> {
  const run = (...args: string[]) =>
    check("git", ["-C", space.path(name), ...args], {
      env: { ...space.env, GIT_CONFIG_GLOBAL: "/dev/null" },
    });
  space.write({
    [`${name}/Dockerfile`]: "FROM scratch\nCOPY f /\n",
    [`${name}/sub/Dockerfile`]: "FROM scratch\nCOPY g /\n",
    [`${name}/sub/g`]: "below\n",
    [`${name}/f`]: "one\n",
  });
  await run("init", "-q", "-b", "main");
  const commit = ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m"];
  await run("add", ".");
  await run(...commit, "one");
  await run("tag", "v1");
  space.write({ [`${name}/f`]: "two\n" });
  await run("add", ".");
  await run(...commit, "two");
}

test("git contexts: a ref, a folder in it, a query; -f inside and outside", async (space) => {
  await repository(space, "git/r.git");
  await using daemon = await gitDaemon(space.path("git"));
  space.write({ "Mine": "FROM scratch\nCOPY f /mine\n" });
  const url = `${daemon.url}/r.git`;
  const cases: [args: string[], file: string, content: string][] = [
    [[url], "f", "two\n"],
    [[`${url}#v1`], "f", "one\n"],
    [[`${url}#main:sub`], "g", "below\n"],
    [[`${url}?tag=v1`], "f", "one\n"],
    [[`${url}?ref=main&subdir=sub`], "g", "below\n"],
    [["-f", "sub/../Dockerfile", `${url}#v1`], "f", "one\n"],
    [["-f", space.path("Mine"), url], "mine", "two\n"],
  ];
  for (const program of programs) {
    for (const [at, [args, file, content]] of cases.entries()) {
      const out = `${program}${at}`;
      await succeeds(space[program](["build", `-o=${out}`, ...args]));
      assert.equal(space.read(`${out}/${file}`), content);
    }
    await succeeds(space[program](
      ["build", `-o=${program}`, "-f-", url],
      {},
      "FROM scratch\nCOPY f /p\n",
    ));
    assert.equal(space.read(`${program}/p`), "two\n");
  }
});

/** The step that failed, as it is shown under the progress, without times. */
function failedStep(stderr: string): string {
  const block = /^------\n( > .*\n(?:.*\n)*?)------$/m.exec(stderr)?.[1] ?? stderr;
  return block.replace(/^\d+\.\d+ /gm, "");
}

test("what can't be fetched: the step, and what git said, as buildx shows it", async (space) => {
  await repository(space, "git/r.git");
  await using daemon = await gitDaemon(space.path("git"));
  await using server = serve({});
  for (
    const url of [
      `${daemon.url}/none.git`,
      `${daemon.url}/r.git#nowhere`,
      `${daemon.url}/r.git?branch=nowhere`,
      `${server.url}/gone.tar.gz`,
    ]
  ) {
    const told = await alike(async (program) => {
      const { stderr } = await fails(space[program](["build", url]));
      return failedStep(stderr);
    });
    assert.match(told, /^ > \[internal\] load (git source|remote build context)/);
  }
  // The progress of git is shown live, although fairlead looks for a policy first.
  const { stderr } = await space.fairlead(["build", `${daemon.url}/r.git`]);
  assert.match(stderr, /^#1 \[internal\] load git source .*\n(#1 .*\n)*#1 \d\.\d+ From git:/m);
});

/** Serves files by path over http on loopback. */
function serve(files: Record<string, Uint8Array | string>) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const body = files[new URL(request.url).pathname];
    return body === undefined
      ? new Response("", { status: 404 })
      : new Response(typeof body === "string" ? body : body.slice());
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

test("an archive and a Dockerfile over http", async (space) => {
  const id = crypto.randomUUID();
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY a /\n", "ctx/a": id });
  await check("tar", ["-czf", space.path("c.tgz"), "-C", space.path("ctx"), "."]);
  await using server = serve({
    "/c.tar.gz": Deno.readFileSync(space.path("c.tgz")),
    "/Dockerfile.web": "FROM scratch\nCOPY a /web\n",
    "/Alone": "FROM scratch\nCOPY . /alone\n",
    "/large": new Uint8Array((2 << 20) + 1),
  });
  for (const program of programs) {
    await succeeds(space[program](["build", `-o=${program}`, `${server.url}/c.tar.gz`]));
    assert.equal(space.read(`${program}/a`), id);
    const args = ["build", "-f", `${server.url}/Dockerfile.web`, `-o=${program}`, "ctx"];
    const file = await succeeds(space[program](args));
    assert.equal(space.read(`${program}/web`), id);
    assert.match(file.stderr, /\[internal\] load http:\S+Dockerfile\.web/);
    await succeeds(space[program](["build", `-o=${program}`, `${server.url}/Alone`]));
    assert.match(space.read(`${program}/alone/context`), /^FROM scratch\n/);
    const gone = await fails(space[program](["build", "-f", `${server.url}/gone`, "ctx"]));
    assert.match(gone.stderr, /404/);
    const large = await fails(space[program](["build", "-f", `${server.url}/large`, "ctx"]));
    assert.match(large.stderr, /bigger than allowed max size \(2\.097MB\)/);
  }
});

test("named contexts: folder, git, http, image, and a layout by tag and digest", async (space) => {
  await repository(space, "git/r.git");
  await using daemon = await gitDaemon(space.path("git"));
  await using server = serve({ "/file.txt": "over http\n" });
  const id = crypto.randomUUID();
  space.write({
    "ctx/Dockerfile": `FROM alpine AS base
FROM scratch
COPY --from=dir a /dir
COPY --from=repo f /git
COPY --from=web context /http
COPY --from=base /etc/passwd /image
COPY --from=tagged /l /tagged
COPY --from=pinned /l /pinned
COPY --from=context a /context
`,
    "dir/a": id,
    "image/Dockerfile": "FROM scratch\nCOPY l /\n",
    "image/l": id,
  });
  await succeeds(space.buildx(["build", "-o=type=oci,dest=oci,tar=false,name=x/y:v1", "image"]));
  const [manifest] = JSON.parse(space.read("oci/index.json")).manifests;
  const contexts = [
    "dir=dir",
    `repo=${daemon.url}/r.git#v1`,
    `web=${server.url}/file.txt`,
    "docker.io/library/alpine:latest=docker-image://busybox",
    "tagged=oci-layout://oci:v1",
    `pinned=oci-layout://${space.path("oci")}@${manifest.digest}`,
    "context=dir",
  ].flatMap((context) => ["--build-context", context]);
  for (const program of programs) {
    await succeeds(space[program]([
      "build",
      "--no-cache",
      ...contexts,
      `-o=${program}`,
      "ctx",
    ]));
    const found = Object.fromEntries(
      ["dir", "git", "http", "image", "tagged", "pinned", "context"].map((
        name,
      ) => [name, space.read(`${program}/${name}`)]),
    );
    assert.deepEqual(found, {
      dir: id,
      git: "one\n",
      http: "over http\n",
      image: "root:x:0:0:root:/root:/bin/sh\n",
      tagged: id,
      pinned: id,
      context: id,
    });
  }
});

test("invalid named contexts are refused", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\n", "file": "" });
  Deno.mkdirSync(space.path("layout"));
  space.write({ "layout/index.json": `{"schemaVersion":2,"manifests":[]}` });
  const cases: [context: string, ours: RegExp, theirs?: RegExp][] = [
    ["x", /invalid context value: x, expected key=value/],
    ["x/UP=.", /invalid context name x\/UP/],
    ["x=nowhere", /failed to get build context x/],
    ["x=file", /failed to get build context path \{file <nil>\}: not a directory/],
    ["x=target:y", /failed to find target y for context x/, /./],
    ["x=oci-layout://nowhere", /could not be resolved: could not read .*nowhere/, /resolved/],
    ["x=oci-layout://layout:v1", /"oci-layout:\/\/layout:v1" could not be resolved/],
  ];
  for (const [context, ours, theirs = ours] of cases) {
    const args = ["build", "--build-context", context, "ctx"];
    const mine = await space.fairlead(args);
    assert.equal(mine.code, 1, context);
    assert.match(mine.stderr, ours);
    assert.match((await space.buildx(args)).stderr, theirs);
  }
});

test("a policy beside a remote Dockerfile stops the build", async (space) => {
  await repository(space, "git/r.git");
  space.write({
    "git/r.git/sub/Dockerfile.rego":
      'package docker\ndefault allow = false\ndecision := {"allow": allow}\n',
    "git/r.git/sub/.dockerignore": "*.rego\n",
  });
  const git = (...args: string[]) => check("git", ["-C", space.path("git/r.git"), ...args]);
  await git("add", ".");
  await git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "policy");
  await using daemon = await gitDaemon(space.path("git"));
  const env = { FAIRLEAD_POLICY_ENGINE: await engineModule() };
  for (const program of programs) {
    const build = (...args: string[]) => space[program](["build", ...args], env);
    const refused = await fails(build(`${daemon.url}/r.git#main:sub`));
    assert.match(refused.stderr, /^ERROR: .*not allowed by policy: action DENY/m);
    await fails(build("-f", "sub/Dockerfile", `${daemon.url}/r.git`));
    // Without a policy nothing of the engine is needed.
    await succeeds(space[program](["build", `-o=${program}`, `${daemon.url}/r.git`]));
  }
});

const noSsh = skip(await missing("sshd"));

Deno.test({
  name: "a git context over ssh, by a key and by the agent of the environment",
  ignore: ignore || noSsh,
}, async () => {
  await using space = await workspace(shared.address);
  await repository(space, "git/r.git");
  await using sshd = await startSshd();
  await using agent = await startSshAgent(space.path("agent"), [sshd.key]);
  const url = `ssh://${sshd.user}@127.0.0.1:${sshd.port}${space.path("git/r.git")}`;
  for (const program of programs) {
    for (const [args, more] of [[[`--ssh=default=${sshd.key}`], {}], [[], agent.env]] as const) {
      await succeeds(space[program](["build", ...args, `-o=${program}`, `${url}#v1`], more));
      assert.equal(space.read(`${program}/f`), "one\n");
    }
  }
});
