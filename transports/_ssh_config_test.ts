import assert from "node:assert/strict";
import { matchesPatterns, sshConfigOf } from "./_ssh_config.ts";

const files: Record<string, string> = {
  "/h/.ssh/config": `
# a comment
Include more
Host box !box.test
  HostName=%h.example.com
  Port 2200
  identityfile "~/.ssh/a key"
  IdentityFile ~/.ssh/second
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
const of = (host: string) =>
  sshConfigOf(host, ["/h/.ssh/config", "/etc/ssh/ssh_config"], (path) => files[path]);

Deno.test("ssh's configuration: the first value counts, files of keys add up", () => {
  assert.deepEqual(of("box"), {
    hostname: "box.example.com",
    user: "me",
    port: 2200,
    identityFiles: ["~/.ssh/a key", "~/.ssh/second"],
    identitiesOnly: true,
    knownHostsFiles: ["~/k1", "/k 2"],
    jumps: ["a@hop:22", "other"],
  });
  assert.deepEqual([of("include").hostname, of("include").jumps], ["included", []]);
});

Deno.test("ssh's configuration: nothing said", () => {
  assert.deepEqual(sshConfigOf("x", ["/none"], () => undefined), {
    identityFiles: [],
    identitiesOnly: false,
    knownHostsFiles: [],
    jumps: [],
  });
});

Deno.test("ssh's configuration: a file that includes itself", () => {
  const config = sshConfigOf("x", ["/a"], () => "Include /a\nUser me\n");
  assert.equal(config.user, "me");
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
