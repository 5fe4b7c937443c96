/** Definitions that the daemon fetches, compared with buildx. */
import { deepEqual, equal, match } from "node:assert/strict";
import {
  type InWorkspace,
  inWorkspace,
  programs,
  type Workspace,
  workspace,
} from "../build/workspace.ts";
import { commitAll, gitDaemon, gitHttp, missingGit } from "../harness/git.ts";
import { withShared } from "../harness/shared.ts";
import { startSshAgent } from "../harness/ssh_agent.ts";
import { startSshd } from "../harness/sshd.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missingGit() ?? await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

const definition = `
variable "OUT" {}
target "default" {
  output = ["type=local,dest=\${OUT}/root"]
}
target "sub" {
  context  = "./sub"
  contexts = { root = "." }
  output   = ["type=local,dest=\${OUT}/sub"]
}
target "here" {
  context    = "cwd://mine"
  dockerfile = "cwd://mine/Dockerfile"
  output     = ["type=local,dest=\${OUT}/here"]
}
target "command" {
  context = BAKE_CMD_CONTEXT
  output  = ["type=local,dest=\${OUT}/command"]
}
group "all" { targets = ["default", "sub", "here"] }
`;

/** Makes a repository with a definition, and a folder next to it. */
async function repository(space: Workspace): Promise<void> {
  space.write({
    "git/r.git/docker-bake.hcl": definition,
    "git/r.git/other/x.hcl": 'target "default" { context = "sub" }\n',
    "git/r.git/.dockerignore": "*.hcl\n",
    "git/r.git/Dockerfile": "FROM scratch\nCOPY f /\n",
    "git/r.git/f": "root\n",
    "git/r.git/sub/Dockerfile": "FROM scratch\nCOPY g /\nCOPY --from=root f /\n",
    "git/r.git/sub/docker-bake.hcl": 'target "default" {}\n',
    "git/r.git/sub/g": "sub\n",
    "mine/Dockerfile": "FROM scratch\nCOPY h /\n",
    "mine/h": "mine\n",
  });
  await commitAll(space.path("git/r.git"), "one");
}

test("bake of a git repository reads its folders, the definition's folder and local ones", async (space) => {
  await repository(space);
  await using daemon = await gitDaemon(space.path("git"));
  const url = `${daemon.url}/r.git`;
  const prints = [
    [url, "all"],
    [`${url}#main`, "sub"],
    [`${url}#main:sub`],
    [`${url}?subdir=sub`],
    [url, "-f", "other/x.hcl"],
    [url, "command"],
    [url, `${url}#main:sub`, "command"],
    [url, "-f", "cwd://more.hcl", "more"],
  ];
  space.write({
    "more.hcl":
      'target "more" {\n  context = "cwd://mine"\n  dockerfile = "cwd://mine/Dockerfile"\n}\n',
  });
  for (const words of prints) {
    const [ours, theirs] = await Promise.all(
      programs.map((program) => space[program](["bake", "--print", ...words])),
    );
    equal(ours!.code, 0, ours!.stderr);
    deepEqual(JSON.parse(ours!.stdout), JSON.parse(theirs!.stdout), words.join(" "));
  }
  for (const program of programs) {
    await succeeds(space[program](["bake", url, "all"], { OUT: program }));
    equal(space.read(`${program}/root/f`), "root\n");
    equal(space.read(`${program}/sub/g`), "sub\n");
    equal(space.read(`${program}/sub/f`), "root\n");
    equal(space.read(`${program}/here/h`), "mine\n");
  }
});

test("bake of a git repository: what isn't there, and what isn't ours", async (space) => {
  await repository(space);
  await using daemon = await gitDaemon(space.path("git"));
  const url = `${daemon.url}/r.git`;
  const gone = await fails(space.fairlead(["bake", "--print", url, "-f", "gone.hcl"]));
  match(gone.stderr, /ERROR: open gone\.hcl: no such file or directory in git:/);
  const empty = await space.fairlead(["bake", "--print", `${url}#main:other`]);
  match(empty.stderr, /ERROR: couldn't find a bake definition/);
  await fails(space.fairlead(["bake", "--print", `${daemon.url}/nowhere.git`]));
  space.write({
    "git/r.git/docker-bake.hcl": 'target "default" { context = "cwd://.." }\n',
    "git/r.git/docker-bake.override.hcl": 'target "default" { dockerfile = "Dockerfile" }\n',
  });
  await commitAll(space.path("git/r.git"), "two");
  Deno.mkdirSync(space.path("deep"));
  const refused = await fails(space.fairlead(["bake", url]));
  match(refused.stderr, /Read access to path \.\.\n/);
  match(refused.stderr, /ERROR: additional privileges requested/);
});

test("a compose file from elsewhere reads the working folder alone", async (space) => {
  const service = (file: string) =>
    `services:\n  default:\n    env_file: ${file}\n    build: {context: ., args: [SECRET]}\n`;
  space.write({
    "credentials": "SECRET=hush\n",
    "in/mine": "SECRET=open\n",
    "git/r.git/compose.yaml": service("mine"),
    "git/r.git/out.yaml": service("../credentials"),
    "git/r.git/include.yaml": "include: [../credentials]\n",
  });
  await commitAll(space.path("git/r.git"), "one");
  await using daemon = await gitDaemon(space.path("git"));
  const { fairlead } = space.below("in");
  const print = ["bake", "--print", `${daemon.url}/r.git`];
  const mine = await fairlead(print);
  equal(JSON.parse(mine.stdout).target.default.args.SECRET, "open", mine.stderr);
  for (const name of ["out.yaml", "include.yaml"]) {
    const { stderr } = await fails(fairlead([...print, "-f", name]));
    match(stderr, /ERROR: open \.\.\/credentials: a remote definition may read/);
  }
  const allowed = await fairlead([...print, "-f", "out.yaml", "--allow", "fs.read=.."]);
  equal(JSON.parse(allowed.stdout).target.default.args.SECRET, "hush", allowed.stderr);
});

test("bake of a definition over http: everything else is of this machine", async (space) => {
  space.write({ "mine/Dockerfile": "FROM scratch\nCOPY h /\n", "mine/h": "mine\n" });
  const files: Record<string, BodyInit> = {
    "/d.hcl": 'target "default" {\n  context = "mine"\n}\n',
    "/d.json": '{"target": {"default": {"context": "mine"}}}',
    "/large": " ".repeat(3 << 20),
    "/a.tar.gz": new Uint8Array([0x1f, 0x8b, 0x08]),
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const text = files[new URL(request.url).pathname];
    return new Response(text, { status: text === undefined ? 404 : 200 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  try {
    for (const name of ["d.hcl", "d.json"]) {
      const [ours, theirs] = await Promise.all(
        programs.map((program) => space[program](["bake", "--print", `${url}/${name}`])),
      );
      equal(ours!.code, 0, ours!.stderr);
      equal(ours!.stdout, theirs!.stdout);
    }
    await succeeds(space.fairlead(
      ["bake", `${url}/d.hcl`, "--set", "default.output=type=local,dest=out"],
    ));
    equal(space.read("out/h"), "mine\n");
    for (
      const [name, message] of [
        ["gone.hcl", /404/],
        ["large", /bigger than allowed max size/],
        ["a.tar.gz", /it is an archive/],
      ] as const
    ) {
      const { code, stderr } = await space.fairlead(["bake", "--print", `${url}/${name}`]);
      equal(code, 1, name);
      match(stderr, message);
    }
  } finally {
    await server.shutdown();
  }
});

test("bake of a private repository: its token, for it and for no other host", async (space) => {
  await repository(space);
  const token = crypto.randomUUID();
  await using server = gitHttp(space.path("git"), token);
  const url = `${server.url}/r.git`;
  await fails(space.fairlead(["bake", url]));
  for (const program of programs) {
    const ran = await succeeds(space[program](["bake", url], {
      OUT: program,
      BUILDX_BAKE_GIT_AUTH_TOKEN: token,
    }));
    equal(space.read(`${program}/root/f`), "root\n");
    equal(ran.stderr.includes(token), false);
  }
  // The secret is a whole header here, because the server doesn't know a token's user.
  const header = `basic ${btoa(`x-access-token:${token}`)}`;
  for (const program of programs) {
    const print = ["bake", "--print", `${url}`];
    await succeeds(space[program](print, { BUILDX_BAKE_GIT_AUTH_HEADER: header }));
    const wrong = await space[program](print, { BUILDX_BAKE_GIT_AUTH_HEADER: "basic bm8=" });
    equal(wrong.code, 1, program);
  }
});

Deno.test(
  {
    name: "bake of a repository over ssh works with a key, and with the environment's agent",
    ignore: ignore || skip(await missing("sshd", "ssh-keygen")),
  },
  async () => {
    await using space = await workspace(shared.address);
    await repository(space);
    await using sshd = await startSshd();
    await using agent = await startSshAgent(space.path("agent"), [sshd.key]);
    const url = `ssh://${sshd.user}@127.0.0.1:${sshd.port}${space.path("git/r.git")}`;
    for (const env of [{ BUILDX_BAKE_GIT_SSH: sshd.key }, agent.env]) {
      // The daemon keeps fetched commits, so only a new commit shows who may fetch.
      space.write({ "git/r.git/f": crypto.randomUUID() });
      await commitAll(space.path("git/r.git"), "more");
      await fails(space.fairlead(["bake", "--print", url]));
      const OUT = crypto.randomUUID();
      await succeeds(space.fairlead(["bake", url], { ...env, OUT }));
      equal(space.read(`${OUT}/root/f`), space.read("git/r.git/f"));
      // With a key the peer reads the definition, and then needs an agent for the context.
      const theirs = await space.buildx(["bake", "--print", url], { ...env, ...agent.env });
      const ours = await space.fairlead(["bake", "--print", url], env);
      equal(ours.stdout, theirs.stdout, ours.stderr);
    }
  },
);
