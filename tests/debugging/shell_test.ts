/** `--shell-on-error` and `--shell-from`, in pipes and in a terminal, on a real daemon. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { startSshAgent } from "../harness/ssh_agent.ts";
import { missing, need } from "../harness/tool.ts";
import { workspace } from "../build/workspace.ts";
import { fairleadCommand } from "../harness/fairlead.ts";
import { openTerminal } from "./terminal.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("tmux", "ssh"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const dockerfile = `FROM busybox
RUN mkdir /w && chmod 777 /w
WORKDIR /w
ENV GREETING=hi
USER 7
RUN --mount=type=cache,target=/cache echo made > made && cat nothing
`;

test("a shell has the failed step's files, environment, user and folder; then the build fails", async () => {
  await using it = await workspace(shared.address);
  it.write({ "ctx/Dockerfile": dockerfile });
  const script = "cat made; echo $GREETING; pwd; id -u; ls -d /cache; exit 0";
  const { stdout, stderr } = await fails(it.fairlead(
    ["build", "--progress=plain", "--shell-on-error", "ctx"],
    {},
    script,
  ));
  assert.equal(stdout, "made\nhi\n/w\n7\n/cache\n");
  assert.match(stderr, /\/bin\/sh runs in the file system of the failed step \[stage-0 4\/4\] RUN/);
  assert.match(stderr, /ERROR: failed to build: .*exit code: 1$/m);
});

test("a shell has the failed step's secrets and its ssh agent", async () => {
  await using it = await workspace(shared.address);
  it.write({
    "ctx/Dockerfile": "FROM busybox\nRUN --mount=type=ssh --mount=type=secret,id=file " +
      "--mount=type=secret,id=word,env=WORD false\n",
    file: "in a file",
  });
  await using agent = await startSshAgent(it.path("agent"));
  const { stdout } = await fails(it.fairlead(
    ["build", "-q", "--shell-on-error", "--ssh=default", "--secret=id=file,src=file"]
      .concat("--secret=id=word,env=TOLD", "ctx"),
    { ...agent.env, TOLD: "in a variable" },
    'cat /run/secrets/file; echo " and $WORD"; test -S "$SSH_AUTH_SOCK" && echo an agent',
  ));
  assert.equal(stdout, "in a file and in a variable\nan agent\n");
});

test("a build that succeeds opens no shell, and exports as usual", async () => {
  await using it = await workspace(shared.address);
  it.write({ "ctx/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n" });
  await succeeds(it.fairlead(
    ["build", "--shell-on-error", "-o", "out", "ctx"],
    {},
    "exit 3",
  ));
  assert.match(it.read("out/Dockerfile"), /FROM scratch/);
});

test("an image without a shell gets one from a file or an image", async () => {
  await using it = await workspace(shared.address);
  it.write({
    "ctx/Dockerfile": 'FROM scratch\nCOPY cat /cat\nWORKDIR /q\nRUN ["/cat", "nothing"]\n',
  });
  Deno.copyFileSync(await need("busybox"), it.path("ctx/cat"));
  const build = (...flags: string[]) =>
    it.fairlead(
      ["build", "-q", "--shell-on-error", ...flags, "ctx"],
      {},
      "pwd; ls -a /q; exit 9",
    );
  const none = await fails(build());
  assert.match(none.stderr, /no shell: the step's image has no shell; --shell-from IMAGE\|FILE/);
  for (const from of [await need("busybox"), "busybox"]) {
    const { code, stdout } = await build("--shell-from", from);
    assert.deepEqual([code, stdout], [1, "/q\n.\n..\n"], from);
  }
  const wrong = await build("--shell-from", "./nothing");
  assert.match(wrong.stderr, /invalid value ".\/nothing" of --shell-from/);
});

test("with --retry, exit 0 builds again and exit 1 doesn't; bake has it, too", async () => {
  await using it = await workspace(shared.address);
  it.write({
    "ctx/Dockerfile": "FROM busybox\nRUN echo $RANDOM > /r && cat /made\n",
    "docker-bake.hcl": `target "default" { context = "ctx" }`,
  });
  const bake = async (script: string) =>
    await it.fairlead(["bake", "--progress=plain", "--retry=1", "--shell-on-error"], {}, script);
  const twice = await fails(bake("exit 0\n"));
  assert.equal(twice.stderr.match(/building again, attempt 1 of 1/g)?.length, 1);
  const once = await bake("exit 1\n");
  assert.doesNotMatch(once.stderr, /building again/);
});

test("in a terminal: sizes, Ctrl-C for the program, Ctrl-P Ctrl-Q to leave, and a sane end", async () => {
  await using it = await workspace(shared.address);
  it.write({ "ctx/Dockerfile": dockerfile });
  await using terminal = await openTerminal(it.dir, it.env);
  const fairlead = fairleadCommand().join(" ");
  await terminal.keys(`${fairlead} build ctx`, "Enter");
  await terminal.until(/hint: --shell-on-error opens a shell/);
  await terminal.keys(`clear; ${fairlead} build --shell-on-error ctx`, "Enter");
  await terminal.until(/Ctrl-P Ctrl-Q leaves it[^]*\/w \$/);
  await terminal.keys("stty size", "Enter");
  await terminal.until(/^40 100$/m);
  await terminal.resize(90, 30);
  await terminal.keys("stty size", "Enter");
  await terminal.until(/^30 90$/m);
  await terminal.keys("echo be''gun; sleep 1000; echo inter''rupted", "Enter");
  await terminal.until(/^begun$/m);
  await terminal.keys("C-c");
  await terminal.keys("", "Enter");
  await terminal.keys("echo st''ill there", "Enter");
  await terminal.until(/still there/);
  // A full-screen program that is left doesn't keep its screen.
  await terminal.keys("vi new", "Enter");
  await terminal.until(/^~$/m);
  await terminal.keys("C-p", "C-q");
  await terminal.until(/still there[^]*ERROR: failed to build[^]*^# *$/m);
  await terminal.keys("stty -a | grep -c ' echo '", "Enter");
  await terminal.until(/^1$/m);
});
