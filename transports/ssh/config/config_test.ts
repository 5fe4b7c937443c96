import assert from "node:assert/strict";
import { says } from "../../../tests/transports/says.ts";
import { algorithmsOf } from "../algorithms.ts";
import { sshConfigOf, type SshSources, type SshSubject } from "./config.ts";
import { SshConfigError } from "./config_error.ts";
import { filesOf } from "./include.ts";
import { matchesPatterns } from "./patterns.ts";
import { expandCommand, tokensOf } from "./tokens.ts";

const commands: string[] = [];

/** A machine with these files; `Match exec` holds for commands that begin with `true`. */
function machine(files: Record<string, string>): SshSources {
  return {
    files: ["/h/.ssh/config", "/etc/ssh/ssh_config"],
    home: "/h",
    env: (name) => name === "HERE" ? "/h/other" : undefined,
    addresses: () => ["127.0.0.1", "192.0.2.7", "fe80::1%eth0"],
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

/** The fields that are configured, and those that have a default. */
const setFor = async (...[files, host]: Parameters<typeof of>) =>
  JSON.parse(JSON.stringify(await of(files, host)));

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
  assert.deepEqual(await setFor(files, "box"), {
    hostname: "box.example.com",
    user: "me",
    port: 2200,
    identityFiles: ["~/.ssh/a key", "~/.ssh/second"],
    certificateFiles: ["~/.ssh/a-cert.pub"],
    identitiesOnly: true,
    knownHostsFiles: ["~/k1", "/k 2"],
    hashKnownHosts: false,
    acceptNew: false,
    revokedHostKeys: [],
    jumps: ["a@hop:22", "other"],
    algorithms: {},
  });
  const { hostname, jumps } = await of(files, "include");
  assert.deepEqual([hostname, jumps], ["included", []]);
});

Deno.test("ssh's configuration: no settings", async () => {
  assert.deepEqual(await setFor({}, "x"), {
    certificateFiles: [],
    identitiesOnly: false,
    hashKnownHosts: false,
    acceptNew: false,
    revokedHostKeys: [],
    jumps: [],
    algorithms: {},
  });
});

Deno.test("ssh's configuration: a file that includes itself", async () => {
  const config = await of({ "/h/.ssh/config": "Include /h/.ssh/config\nUser me\n" }, "x");
  assert.equal(config.user, "me");
});

Deno.test("ssh's configuration: files that are included by a pattern, in order", async () => {
  const config = await of({
    "/h/.ssh/config": "Include config.d/*[!a-m]conf ${HERE}/?\n",
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

Deno.test("ssh's configuration: patterns of Include are glob(7)'s, in linear time", () => {
  const found = (pattern: string, name: string) =>
    filesOf(pattern, "/", { home: "/h", list: () => [name] }).length > 0;
  for (
    const [pattern, name, expected] of [
      ["[!a-c]*", "dog", true],
      ["[^a-c]*", "cat", false],
      ["[]x]", "]", true],
      ["[a-]b", "-b", true],
      ["[-a]b", "-b", true],
      ["*[", "a[", true],
      ["\\**", "*a", true],
      ["[z-a]", "b", false],
      ["*a".repeat(100) + "b", "a".repeat(255), false],
      ["*?".repeat(100) + "[!a]", "a".repeat(255), false],
    ] as const
  ) assert.equal(found(pattern, name), expected, pattern);
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
    ["localnetwork 10.0.0.0/8,192.0.2.0/24", {}, true],
    ["localnetwork 192.0.2.8", {}, false],
    ["localnetwork fe80::/10", {}, true],
    ["!localnetwork 2001:db8::/32", {}, true],
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

Deno.test("ssh's configuration: an unsupported setting is refused only where it counts, with its line", async () => {
  const text = "Host box\n Port 1\n ProxyCommand pass\n ProxyUseFdpass yes\nHost home\n Port 1\n" +
    "Match command x\n ForwardX11 yes\n Port 2\n";
  const cases = [["box", /ProxyUseFdpass/], ["lan", /config:7: Match command/]] as const;
  for (const [host, problem] of cases) {
    await assert.rejects(of(text, host), says(SshConfigError, problem));
  }
  assert.equal((await of(text, "home")).port, 1, "the first value counts");
});

Deno.test("ssh's configuration: the first of ProxyCommand and ProxyJump counts", async () => {
  const ways = async (text: string) => {
    const { jumps, proxyCommand } = await of(text, "x");
    return [proxyCommand, ...jumps];
  };
  assert.deepEqual(await ways("Host y\n ProxyCommand nc\n"), [undefined]);
  assert.deepEqual(await ways('ProxyCommand  nc -x "a b" %h # 1\n'), ['nc -x "a b" %h # 1']);
  assert.deepEqual(await ways("ProxyCommand=nc\nProxyJump hop\n"), ["nc"]);
  assert.deepEqual(await ways("ProxyJump hop\nProxyCommand nc\n"), [undefined, "hop"]);
  assert.deepEqual(await ways("ProxyCommand none\nProxyCommand nc\n"), [undefined]);
  assert.deepEqual(await ways("ProxyCommand none\nProxyJump hop\n"), [undefined]);
  assert.deepEqual(await ways("ProxyJump none\nProxyCommand nc\n"), ["nc"]);
  assert.deepEqual(await ways("ProxyJump none\nProxyJump hop\n"), [undefined]);
});

Deno.test("ssh's configuration: lists of algorithms", () => {
  const list = (Ciphers: string) => algorithmsOf({ Ciphers }).Ciphers;
  const usual = algorithmsOf({}).Ciphers;
  assert.deepEqual(list("aes256-ctr,unheard-of"), ["aes256-ctr"]);
  assert.deepEqual(list("+aes256-cbc,aes256-ctr"), [...usual, "aes256-cbc"]);
  assert.deepEqual(list("^aes256-ctr")[0], "aes256-ctr");
  assert.deepEqual(list("^aes256-ctr").toSorted(), usual.toSorted());
  assert.deepEqual(list("-chacha*,*-gcm@*"), ["aes128-ctr", "aes192-ctr", "aes256-ctr"]);
  for (const none of ["unheard-of", "-*"]) {
    assert.throws(() => list(none), /^SshConfigError: Ciphers .*: fairlead knows none of these$/);
  }
});

for (
  const [line, problem] of [
    ["Port ssh", /config:2: "ssh" is not a port/],
    ["Port 65536", /"65536" is not a port/],
    ["ConnectTimeout soon", /"soon" is not a time/],
    ["IdentitiesOnly maybe", /"maybe" is not yes or no/],
    ["StrictHostKeyChecking never", /"never" is not one of yes, ask, accept-new, no/],
    ["User", /user has no value/],
    ['User "me', /a quote isn't closed/],
    ["Include ${NOWHERE}/x", /\$NOWHERE is not set/],
  ] as const
) {
  Deno.test(`ssh's configuration: ${line} is refused where it counts`, async () => {
    const text = `Host box\n ${line} \nHost other\n Port 7\n`;
    await assert.rejects(of(text, "box"), problem);
    assert.equal((await of(text, "other")).port, 7);
  });
}

Deno.test("ssh's configuration: a command gets no name that a shell would not read as one word", async () => {
  const base = { home: "/h", host: "box", typed: "b", port: 7, user: "me", localUser: "u" };
  const made = async (text: string, user = "me") =>
    expandCommand(text, await tokensOf({ ...base, user }), "X");
  assert.equal(await made("nc %h %p %r %n %%"), "nc box 7 me b %");
  assert.equal(await made("nc", "$(id)"), "nc");
  for (
    const user of ["$(id)", "a;b", "`id`", "a b", "-oX", "a\\", "a|b", "a>b", "'", "a\nb", "~"]
  ) {
    await assert.rejects(made("nc %r", user), /can't be used in a command/);
  }
  await assert.rejects(made("nc %Z"), /X: the token %Z is not known/);
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
