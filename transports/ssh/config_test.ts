import assert from "node:assert/strict";
import { SshConfigError, sshConfigOf, type SshSources, type SshSubject } from "./config.ts";
import { filesOf } from "./include.ts";
import { matchesPatterns } from "./patterns.ts";

const commands: string[] = [];

/** A machine with these files; `Match exec` holds for commands that begin with `true`. */
function machine(files: Record<string, string>): SshSources {
  return {
    files: ["/h/.ssh/config", "/etc/ssh/ssh_config"],
    home: "/h",
    read: (path) => files[path],
    list: (folder) =>
      Object.keys(files).filter((path) => path.startsWith(`${folder}/`))
        .map((path) => path.slice(folder.length + 1).split("/")[0]!),
    run(command) {
      commands.push(command);
      return Promise.resolve(command.startsWith("true"));
    },
  };
}

const of = (
  files: Record<string, string> | string,
  host: string,
  more: Partial<SshSubject> = {},
) =>
  sshConfigOf(
    { host, localUser: "local", ...more },
    machine(typeof files === "string" ? { "/h/.ssh/config": files } : files),
  );

const files = {
  "/h/.ssh/config": `
# a comment
Include more
Host box !box.test
  HostName=%h.example.com
  Port 2200
  identityfile "~/.ssh/a key"
  IdentityFile ~/.ssh/second
  CertificateFile ~/.ssh/a-cert.pub
Match user root
  User nobody
Host *
  User me
  Port 22
  ProxyJump a@hop:22,other
  IdentitiesOnly yes
  UserKnownHostsFile ~/k1 "/k 2"
`,
  "/h/.ssh/more": "Host inc*\n  HostName included\n  ProxyJump none\n",
  "/etc/ssh/ssh_config": "Host *\n  User system\n  Port 9\n",
};

Deno.test("ssh's configuration: the first value counts, files of keys add up", async () => {
  assert.deepEqual(await of(files, "box"), {
    hostname: "box.example.com",
    user: "me",
    port: 2200,
    identityFiles: ["~/.ssh/a key", "~/.ssh/second"],
    certificateFiles: ["~/.ssh/a-cert.pub"],
    identitiesOnly: true,
    knownHostsFiles: ["~/k1", "/k 2"],
    jumps: ["a@hop:22", "other"],
  });
  const { hostname, jumps } = await of(files, "include");
  assert.deepEqual([hostname, jumps], ["included", []]);
});

Deno.test("ssh's configuration: nothing said", async () => {
  assert.deepEqual(await of({}, "x"), {
    identityFiles: [],
    certificateFiles: [],
    identitiesOnly: false,
    knownHostsFiles: [],
    jumps: [],
  });
});

Deno.test("ssh's configuration: a file that includes itself", async () => {
  const config = await of({ "/h/.ssh/config": "Include /h/.ssh/config\nUser me\n" }, "x");
  assert.equal(config.user, "me");
});

Deno.test("ssh's configuration: files that are included by a pattern, in order", async () => {
  const config = await of({
    "/h/.ssh/config": "Include config.d/*.conf ~/other/?\n",
    "/h/.ssh/config.d/20.conf": "User later\nIdentityFile two\n",
    "/h/.ssh/config.d/10.conf": "User first\nInclude deeper\nIdentityFile one\n",
    "/h/.ssh/config.d/.hidden.conf": "User hidden\n",
    "/h/.ssh/config.d/10.bak": "User backup\n",
    // As in OpenSSH, relative to ~/.ssh wherever it is included.
    "/h/.ssh/deeper": "Port 77\n",
    "/h/other/a": "HostName other\n",
  }, "x");
  assert.deepEqual(
    [config.user, config.identityFiles, config.port, config.hostname],
    ["first", ["one", "two"], 77, "other"],
  );
  assert.deepEqual(filesOf("none*", "/h/.ssh", machine({})), []);
});

for (
  const [match, subject, applies] of [
    ["all", {}, true],
    ["host box.example.com", {}, true],
    ["host box", {}, false],
    ["originalhost box", {}, true],
    ["!originalhost box", {}, false],
    ["host other,*.example.com user me", { user: "me" }, true],
    ["host *.example.com user me", {}, false],
    ["user local", {}, true],
    ["localuser local", { user: "me" }, true],
    ["localuser me", { user: "me" }, false],
    ['exec "true %h %n %p %r %u %%"', { user: "me" }, true],
    ["exec=false", {}, false],
    ["!exec false", {}, true],
    ["host nowhere exec true", {}, false],
    ["canonical", {}, false],
    ["final", {}, true],
    ["final host box.example.com", {}, true],
    ["tagged work", {}, true],
    ["tagged home", {}, false],
  ] as const
) {
  Deno.test(`ssh's configuration: Match ${match} ${applies ? "holds" : "does not hold"}`, async () => {
    commands.length = 0;
    const text =
      `Host box\n HostName box.example.com\n Tag work\nMatch ${match}\n Port 77\nHost *\n User def\n`;
    const config = await of(text, "box", subject);
    assert.equal(config.port, applies ? 77 : undefined);
    assert.equal(config.user, "def", "the block ends where the next one begins");
    if (match.includes("%")) assert.deepEqual(commands, ["true box.example.com box 22 me local %"]);
    if (match.startsWith("host nowhere")) assert.deepEqual(commands, []);
  });
}

Deno.test("ssh's configuration: what can't be followed is refused where it matters, with its place", async () => {
  const text = "Host box\n ProxyCommand nc %h %p\nHost home\n Port 1\n" +
    "Match localnetwork 10.0.0.0/8\n ForwardX11 yes\n Port 2\n";
  for (
    const [host, problem] of [["box", /config:2: ProxyCommand/], [
      "lan",
      /config:5: Match local/,
    ]] as const
  ) {
    await assert.rejects(of(text, host), (error) => {
      assert(error instanceof SshConfigError);
      assert.match(error.message, problem);
      assert.ok(error.hint);
      return true;
    });
  }
  assert.equal((await of(text, "home")).port, 1, "it has been said before, and so doesn't matter");
  assert.equal((await of("Host y\n ProxyCommand nc\nHost *\n User me", "x")).user, "me");
  const jumped = await of("Host x\n ProxyJump hop\n ProxyCommand nc\n", "x");
  assert.deepEqual(jumped.jumps, ["hop"]);
  assert.deepEqual((await of("ProxyCommand none\nProxyCommand nc\n", "x")).jumps, []);
});

for (
  const [text, patterns, expected] of [
    ["box", ["*"], true],
    ["box", ["b?x"], true],
    ["BOX", ["box"], true],
    ["boxes", ["box"], false],
    ["a.b", ["a?b", "!a.b"], false],
    ["axb", ["a.b"], false],
    ["[127.0.0.1]:22", ["[127.0.0.1]:*"], true],
    ["x", ["!y"], false],
  ] as const
) {
  Deno.test(`${text} ${expected ? "matches" : "does not match"} ${patterns}`, () => {
    assert.equal(matchesPatterns(text, patterns), expected);
  });
}
