/**
 * Agents of ssh in RUN steps, compared with buildx. The step runs OpenSSH's own ssh-add: `-l`
 * lists, and `-T` signs with each key and verifies the signature.
 */
import assert from "node:assert/strict";
import { check } from "../harness/run.ts";
import { withShared } from "../harness/shared.ts";
import { startSshAgent } from "../harness/ssh_agent.ts";
import { missing, onPath } from "../harness/tool.ts";
import { alike, type InWorkspace, inWorkspace, programs, type Workspace } from "./workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";

const client = await onPath("ssh-add") ? undefined : "ssh-add is not installed (openssh-client)";
const { ignore, shared } = await withShared(client ?? await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

/** ssh-add with its libraries, as a root file system at `ctx/root`. */
async function addClient(space: Workspace): Promise<void> {
  const program = (await onPath("ssh-add"))!;
  const { stdout } = await check("ldd", [program]);
  for (const path of [program, ...stdout.match(/\/\S+/g) ?? []]) {
    const target = path === program ? "/bin/ssh-add" : path;
    Deno.mkdirSync(space.path(`ctx/root${target}`).replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.copyFileSync(path, space.path(`ctx/root${target}`));
  }
}

async function key(space: Workspace, name: string, ...args: string[]): Promise<void> {
  await check("ssh-keygen", ["-q", "-N", "", "-f", space.path(name), "-C", name, ...args]);
  Deno.mkdirSync(space.path("ctx/pub"), { recursive: true });
  Deno.copyFileSync(space.path(`${name}.pub`), space.path(`ctx/pub/${name}.pub`));
}

const dockerfile = (id: string, command: string) =>
  `FROM busybox AS s
COPY root /
COPY pub /pub
ARG RUN
RUN --mount=type=ssh,required=true${id} mkdir /out && (${command}) >/out/log 2>&1; echo $? >>/out/log
FROM scratch
COPY --from=s /out /
`;

const kinds: Record<string, string[]> = {
  ed25519: ["-t", "ed25519"],
  rsa: ["-t", "rsa", "-b", "2048"],
  ecdsa256: ["-t", "ecdsa", "-b", "256"],
  ecdsa384: ["-t", "ecdsa", "-b", "384"],
  ecdsa521: ["-t", "ecdsa", "-b", "521"],
  "rsa-pem": ["-t", "rsa", "-b", "2048", "-m", "PEM"],
  "rsa-pkcs8": ["-t", "rsa", "-b", "2048", "-m", "PKCS8"],
  "ecdsa-pem": ["-t", "ecdsa", "-b", "256", "-m", "PEM"],
  "ecdsa-pkcs8": ["-t", "ecdsa", "-b", "384", "-m", "PKCS8"],
};

test("keys of all kinds sign in a RUN step, without an agent", async (space) => {
  await addClient(space);
  for (const [name, args] of Object.entries(kinds)) await key(space, name, ...args);
  const command = "ssh-add -l; ssh-add -T /pub/*.pub; ssh-add -D";
  space.write({ "ctx/Dockerfile": dockerfile(",id=some", command) });
  const paths = Object.keys(kinds).join(",");
  const logs: string[] = [];
  for (const program of programs) {
    await succeeds(space[program]([
      "build",
      `--build-arg=RUN=${program}${crypto.randomUUID()}`,
      `--ssh=some=${paths}`,
      `-o=${program}`,
      "ctx",
    ]));
    logs.push(space.read(`${program}/log`));
  }
  assert.equal(logs[0]!.match(/SHA256:/g)?.length, Object.keys(kinds).length, logs[0]!);
  assert.match(logs[0]!, /Failed to remove all identities\.\n1\n$/);
  assert.doesNotMatch(logs[0]!, /incorrect|failed for|invalid/);
  // buildx's agent forgets its keys when the step says so.
  assert.equal(logs[0]!.replace(/Failed[^]*/, ""), logs[1]!.replace(/All identities[^]*/, ""));
});

test("a real agent lists and signs, and can't be changed", async (space) => {
  await addClient(space);
  await key(space, "one", "-t", "ed25519");
  await key(space, "two", "-t", "rsa");
  await using agent = await startSshAgent(space.path("agent"), [
    space.path("one"),
    space.path("two"),
  ]);
  const { env } = agent;
  const command =
    "ssh-add -l; ssh-add -T /pub/one.pub /pub/two.pub && echo signed; ssh-add -D; ssh-add -x </dev/null; ssh-add -d /pub/one.pub";
  space.write({ "ctx/Dockerfile": dockerfile("", command) });
  const logs = await alike(async (program) => {
    await succeeds(space[program]([
      "build",
      `--build-arg=RUN=${program}${crypto.randomUUID()}`,
      "--ssh=default",
      `-o=${program}`,
      "ctx",
    ], env));
    return space.read(`${program}/log`);
  });
  assert.match(logs, /SHA256:\S+ one \(ED25519\)\n\d+ SHA256:\S+ two \(RSA\)\n[^]*signed\n/);
  const { stdout } = await check("ssh-add", ["-l"], { env });
  assert.equal(stdout.match(/SHA256:/g)?.length, 2);
});

test("invalid agents and keys are refused", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nLABEL a=b\n", "text": "no key" });
  await check("ssh-keygen", ["-q", "-t", "ed25519", "-N", "secret", "-f", space.path("locked")]);
  await check("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", space.path("open")]);
  const cases: [args: string[], ours: RegExp, theirs?: RegExp][] = [
    [["--ssh=default"], /invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set/],
    [["--ssh=default=nowhere"], /nowhere[^]*no such file or directory/],
    [["--ssh=x=text"], /failed to parse text: ssh: no key found/],
    [["--ssh=x=locked"], /failed to parse locked: .*this private key is passphrase protected/],
    [["--ssh=x=open", "--ssh=x=open"], /duplicate agent ID "x"/],
    [["git@127.0.0.1:r.git"], /invalid empty ssh agent socket/],
  ];
  for (const [args, ours, theirs = ours] of cases) {
    const mine = await space.fairlead([
      "build",
      ...args,
      ...args[0]!.startsWith("-") ? ["ctx"] : [],
    ]);
    assert.equal(mine.code, 1, args.join(" "));
    assert.match(mine.stderr, ours);
    const peer = await space.buildx(["build", ...args, ...args[0]!.startsWith("-") ? ["ctx"] : []]);
    assert.match(peer.stderr, theirs);
  }
  space.write({ "ctx/Dockerfile": "FROM busybox\nRUN --mount=type=ssh,required=true ls\n" });
  for (const program of programs) {
    const { stderr } = await fails(space[program](["build", "--ssh=other=open", "ctx"]));
    assert.match(stderr, /unset ssh forward key default/);
  }
});
