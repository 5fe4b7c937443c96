/** Users' certificates on a real sshd that trusts an authority, and no key by itself. */
import assert from "node:assert/strict";
import { check } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { startSshAgent } from "../harness/ssh_agent.ts";
import { makeKey, startSshd } from "../harness/sshd.ts";
import { missing } from "../harness/tool.ts";
import { sshRig } from "./ssh_rig.ts";

const ignore = skip(needsRoot() ?? await missing("sshd"));

Deno.test({
  name: "ssh: certificates log in, and refused ones are named",
  ignore,
  // A connection waits 300 ms for the next dial.
  sanitizeOps: false,
  sanitizeResources: false,
}, async (t) => {
  await using rig = await sshRig();
  const { home } = rig;
  const ca = await makeKey(`${home}/ca`);
  await using sshd = await startSshd({ config: [`TrustedUserCAKeys ${ca}.pub`] });
  await Deno.writeTextFile(sshd.authorizedKeys, "");
  const endpoint =
    `ssh://root@127.0.0.1:${sshd.port}${rig.peer.socket}?knownHosts=${sshd.knownHosts}`;
  const log = () => Deno.readTextFile(`${sshd.root}/sshd.log`);

  /**
   * Dials as root, and exchanges a line with the peer. Resolves to the server's log of the login.
   */
  const reach = async (options: string, env: Record<string, string> = {}) => {
    const before = (await log()).length;
    await rig.reach(`${endpoint}${options}`, env);
    // Each case logs in by itself, and doesn't share the connection of the one before.
    await new Promise((resolve) => setTimeout(resolve, 400));
    return (await log()).slice(before);
  };
  const certify = (key: string, ...options: string[]) =>
    check("ssh-keygen", ["-q", "-s", ca, "-I", "me", "-n", "root", ...options, `${key}.pub`]);
  const fails = (options: string, expected: RegExp) =>
    rig.fails(`${endpoint}${options}`, expected, "unauthenticated");

  for (const type of ["ed25519", "ecdsa", "rsa"]) {
    await t.step(`the certificate next to a key of type ${type}`, async () => {
      const key = await makeKey(`${home}/${type}`, type);
      await fails(`&identity=${key}`, /the server refused user root: the key \S+;/);
      await certify(key);
      assert.match(await reach(`&identity=${key}`), /Accepted publickey for root .*-CERT /);
    });
  }
  // Numbers that begin with a zero byte, or would be negative, come by chance.
  await t.step("ecdsa, repeatedly", async () => {
    for (let i = 0; i < 6; i++) await reach(`&identity=${home}/ecdsa`);
  });
  await t.step("a certificate that ~/.ssh/config names", async () => {
    const key = await makeKey(`${home}/named`);
    await certify(key);
    await Deno.rename(`${key}-cert.pub`, `${home}/elsewhere.pub`);
    await Deno.writeTextFile(
      `${home}/.ssh/config`,
      `Match host 127.0.0.1 exec "test %p = ${sshd.port}"\n  IdentityFile ${key}\n` +
        `  CertificateFile ~/elsewhere.pub\n`,
    );
    assert.match(await reach(""), /Accepted publickey for root .*-CERT /);
    await Deno.remove(`${home}/.ssh/config`);
  });
  await t.step(
    "expired, for somebody else, a host's: the error says which was tried",
    async () => {
      const key = await makeKey(`${home}/old`);
      const cases: [string[], RegExp][] = [
        [
          ["-V", "-2d:-1d"],
          /the certificate \S+old-cert\.pub \(expired on \d{4}-\d\d-\d\d\); the key/,
        ],
        [["-n", "alice,bob"], /old-cert\.pub \(for alice, bob\)/],
        [["-h"], /old-cert\.pub \(a host's\)/],
      ];
      for (const [options, expected] of cases) {
        await certify(key, ...options);
        await fails(`&identity=${key}`, expected);
      }
    },
  );
  await t.step(
    "a certificate in the agent, and one in a file whose key the agent has",
    async () => {
      await using agent = await startSshAgent(`${home}/agent`);
      const { env } = agent;
      for (const type of ["ed25519", "ecdsa", "rsa"]) {
        await check("ssh-add", ["-q", "-D"], { env });
        await check("ssh-add", ["-q", `${home}/${type}`], { env });
        assert.match(await reach("", env), /Accepted publickey for root .*-CERT /, type);
      }
      // The key alone is in the agent, and its file is gone.
      const key = await makeKey(`${home}/.ssh/id_ed25519`);
      await check("ssh-add", ["-q", "-D"], { env });
      await check("ssh-add", ["-q", key], { env });
      await certify(key);
      await Deno.remove(key);
      assert.match(await reach("", env), /Accepted publickey for root .*-CERT /);
    },
  );
});
