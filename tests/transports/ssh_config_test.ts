/** ssh's configuration as `ssh -G` understands it, by many small files. */
import assert from "node:assert/strict";
import { sshConfigOf } from "../../transports/ssh/config/config.ts";
import { sshSources } from "../../transports/ssh/config/sources.ts";
import { run } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { onPath } from "../harness/tool.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { succeeds } from "../harness/ended.ts";

const configs = [
  "Host a b\n Port 1\nHost *\n Port 2\n User u\n",
  "Host *.x !c.x\n User one\nHost c.x\n User two\n",
  "Match host foo.com\n Port 3\nHost foo\n HostName foo.com\n",
  "Host foo\n HostName foo.com\nMatch host foo.com\n Port 3\n",
  "Host foo\n HostName %h.example.org\nMatch final host *.example.org\n Port 9\n User fin\n",
  'Match originalhost foo exec "test %n = foo"\n Port 4\nMatch all\n User z\n',
  "Match !originalhost foo\n Port 5\n",
  "Match user me\n Port 6\nHost *\n User me\nMatch user me\n Port 7\n",
  'Port=22\nUser = eq\nIdentityFile   "/a b"\nIdentityFile /c\nUserKnownHostsFile /k1 /k2\n',
  "Include CONFD/*\nUser late\n",
  "Host foo\n Include CONFD/1\nHost *\n Port 5\n",
  "Host foo # a comment\n Port 8 # another\n#User nobody\n",
  "Host foo\n\tPort\t9\n\tProxyJump me@j1:23,j2\n",
  "Host foo\n ProxyJump none\nHost *\n ProxyJump j\n",
  "Match host foo,bar user nobody\n Port 12\n",
  "Host FOO\n Port 13\n",
  "Match host FOO\n Port 14\n",
  "Match user ME\n Port 14\nHost *\n User me\n",
  "Match originalhost=foo\n Port 14\n",
  'Host foo\nUser "quoted user"\n',
  "Host foo\n ProxyCommand nc -x 'a b' %h:%p\n ProxyJump j\n",
  "Host foo\n ProxyJump j\nHost *\n ProxyCommand nc\n",
  "ProxyCommand none\nProxyCommand nc\n",
  "ProxyCommand none\nProxyJump j\n",
  "ProxyCommand=nc # no comment\nConnectTimeout 7\nHostKeyAlias al\n",
  "RevokedHostKeys /r\nRevokedHostKeys /s\n",
  "User 'single \"quoted\"'\n",
  'User a"b c"\\ d\\"\n',
  "Host 'foo' fo\"o\"\n Port 5\n",
  "IdentityFile none\n",
  "IdentityFile /a\nIdentityFile none\n",
  "ConnectTimeout 1m30s\n",
  "ConnectTimeout none\n",
  "HostName FOO.Example.com\n",
  "ProxyJump none\nProxyCommand nc\n",
  "Include CONFD/[1-2]\n",
  "Include CONFD/[!2a]\n",
  "IdentitiesOnly true\n",
  "StrictHostKeyChecking off\nHashKnownHosts true\n",
  "StrictHostKeyChecking accept-new\n",
  "StrictHostKeyChecking yes\nStrictHostKeyChecking no\n",
  "IdentityFile /one\nHost foo\n IdentityFile /two\n IdentityFile /one\n",
];

Deno.test({
  name: "ssh's configuration is read as ssh -G reads it",
  ignore: skip(await onPath("ssh") === undefined ? "there is no ssh program" : undefined),
}, async () => {
  const home = await Deno.makeTempDir({ prefix: "fl-sshg-" });
  await using _ = removedLater(home);
  const env = (name: string) => name === "SHELL" ? "/bin/sh" : undefined;
  const sources = {
    ...sshSources(home, env, new AbortController().signal),
    files: [`${home}/c`],
  };
  const localUser = (await run("id", ["-un"])).stdout.trim();
  await Deno.mkdir(`${home}/conf.d`);
  await Deno.writeTextFile(`${home}/conf.d/1`, "Host foo\n Port 77\n");
  await Deno.writeTextFile(`${home}/conf.d/2`, "Port 78\nUser inc\n");
  for (const text of configs) {
    await Deno.writeTextFile(`${home}/c`, text.replaceAll("CONFD", `${home}/conf.d`));
    for (const host of ["foo", "a", "q.x", "c.x"]) {
      const { stdout } = await succeeds(run("ssh", ["-G", "-F", `${home}/c`, host]));
      const theirs = Map.groupBy(
        stdout.split("\n").map((line) => line.split(/ (.*)/) as [string, string]),
        ([key]) => key,
      );
      const all = (key: string) => (theirs.get(key) ?? []).map(([, value]) => value);
      const ours = await sshConfigOf({ host, localUser }, sources);
      const where = `${JSON.stringify(text)} for ${host}`;
      assert.deepEqual({
        hostname: ours.hostname?.toLowerCase() ?? host,
        port: ours.port ?? 22,
        user: ours.user ?? localUser,
        jumps: ours.jumps.join(","),
        proxy: ours.proxyCommand ?? "",
        alias: ours.hostKeyAlias,
        timeout: ours.connectTimeout,
        revoked: ours.revokedHostKeys.join(" "),
        only: ours.identitiesOnly,
        hash: ours.hashKnownHosts,
        acceptNew: ours.acceptNew,
      }, {
        hostname: all("hostname")[0],
        port: Number(all("port")[0]),
        user: all("user")[0],
        jumps: all("proxyjump")[0] ?? "",
        proxy: (all("proxycommand")[0] ?? "none").replace(/^none$/, ""),
        alias: all("hostkeyalias")[0],
        timeout: Number(all("connecttimeout")[0]) || undefined,
        revoked: all("revokedhostkeys")[0] ?? "",
        only: all("identitiesonly")[0] === "yes",
        hash: all("hashknownhosts")[0] === "yes",
        acceptNew: /^(?:false|accept-new)$/.test(all("stricthostkeychecking")[0]!),
      }, where);
      if (ours.identityFiles !== undefined) {
        const files = all("identityfile").filter((file) => file !== "none");
        assert.deepEqual(ours.identityFiles, files, where);
      }
      if (ours.knownHostsFiles !== undefined) {
        assert.equal(ours.knownHostsFiles.join(" "), all("userknownhostsfile")[0], where);
      }
    }
  }
});
