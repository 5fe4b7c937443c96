/** Keys of all kinds at a real sshd: formats of files, passphrases, agents, security keys. */
import assert from "node:assert/strict";
import { check, run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { makeKey, startSshd } from "../harness/sshd.ts";
import { missing, onPath } from "../harness/tool.ts";
import { soon } from "../../transports/contract/expect.ts";
import { sleep } from "./contract_help.ts";
import { ssh } from "../../transports/schemes/ssh.ts";
import { sshAuth } from "../../transports/ssh/auth.ts";
import { loadSsh2, type SshClient, type SshKey } from "../../transports/ssh/ssh2.ts";
import { carryLogins } from "../../transports/ssh/ssh2_internals.ts";
import { sshTarget } from "../../transports/ssh/target.ts";
import { startSecurityKeyAgent } from "./security_key_agent.ts";
import { stringsOf } from "../../transports/ssh/keys/wire.ts";
import { sshRig } from "./ssh_rig.ts";
import { accept } from "../harness/accept.ts";

const reason = needsRoot() ?? await missing("sshd");

if (!skip(reason)) {
  const rig = await sshRig();
  const sshd = await startSshd();
  addEventListener("unload", () => {
    void Promise.all([rig, sshd].map((each) => each[Symbol.asyncDispose]()));
  });
  const test = (title: string, fn: () => Promise<void>, ignore = false) =>
    // The connection waits for the next dial.
    Deno.test({ name: `ssh: ${title}`, ignore, sanitizeOps: false, sanitizeResources: false }, fn);
  const access = `knownHosts=${sshd.knownHosts}`;
  const endpoint = `ssh://root@127.0.0.1:${sshd.port}${rig.peer.socket}?${access}`;
  const letIn = (line: string) =>
    Deno.writeTextFile(sshd.authorizedKeys, line.trimEnd() + "\n", { append: true });
  const log = () => Deno.readTextFile(`${sshd.root}/sshd.log`);
  /** Each case logs in by itself, and doesn't share the connection of the one before. */
  const apart = () => sleep(400);

  for (const type of ["ed25519", "ecdsa"] as const) {
    test(`a security key of type ${type}, by the agent`, async () => {
      await using agent = await startSecurityKeyAgent(type, `${rig.home}/agent-${type}`);
      const env = { SSH_AUTH_SOCK: agent.socket };
      await rig.fails(
        endpoint,
        /refused user root: the agent's key in a security key;/,
        "unauthenticated",
        env,
      );
      await letIn(agent.line);
      await rig.reach(endpoint, env);
      assert.match(
        await log(),
        new RegExp(`Accepted publickey for root .*${type.toUpperCase()}-SK`),
      );
      assert.equal(agent.touched, 1);
      await apart();
      // When an agent has several keys, the one that a file names is used.
      const [name, base64] = agent.line.split(" ");
      await rig.write("id_sk.pub", `${name} ${base64}\n`);
      await rig.write("config", `IdentitiesOnly yes\nIdentityFile ~/.ssh/id_sk\n`);
      await rig.reach(endpoint, env);
      await apart();
      await rig.write("config", `IdentitiesOnly yes\nIdentityFile ${rig.home}/other\n`);
      await rig.fails(endpoint, /there is no key to try/, "unauthenticated", env);
      await Deno.remove(`${rig.home}/.ssh/config`);
    });
  }

  test("a security key's file without an agent is refused", async () => {
    // As ssh-keygen writes it: OpenSSH's format, with a name of the key for a private half.
    const field = (...parts: (string | number[])[]) =>
      parts.flatMap((part) => {
        const bytes = typeof part === "string" ? [...new TextEncoder().encode(part)] : part;
        return [0, 0, bytes.length >> 8, bytes.length & 255, ...bytes];
      });
    const half = field("sk-ssh-ed25519@openssh.com", new Array(32).fill(7), "ssh:");
    const inner = [...new Array(8).fill(1), ...half, 1, ...field([1, 2, 3], "", "me"), 1, 2, 3];
    const whole = [
      ...new TextEncoder().encode("openssh-key-v1\0"),
      ...[...field("none", "none", ""), 0, 0, 0, 1, ...field(half, inner)],
    ];
    const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${
      Uint8Array.from(whole).toBase64()
    }\n-----END OPENSSH PRIVATE KEY-----\n`;
    await rig.write("id_ed25519_sk", pem);
    await rig.fails(
      endpoint,
      /id_ed25519_sk can't be used: it is in a security key; put it into the agent, .*ssh-add \S+_sk$/,
      "unauthenticated",
    );
    await Deno.remove(`${rig.home}/.ssh/id_ed25519_sk`);
  });

  for (const type of ["rsa", "ecdsa", "ecdsa 521", "ed25519"]) {
    for (const format of ["RFC4716", "PEM", "PKCS8"]) {
      test(`a file of type ${type} in the format ${format}`, async () => {
        const folder = await Deno.makeTempDir({ dir: rig.home });
        const key = await makeKey(`${folder}/key`, type);
        await letIn(await Deno.readTextFile(`${key}.pub`));
        if (type === "ed25519" && format === "PKCS8") {
          if (await onPath("openssl") === undefined) return;
          await check("openssl", ["genpkey", "-algorithm", "ed25519", "-out", key]);
          await Deno.chmod(key, 0o600);
          await letIn(await publicOf(key));
        } else {
          await check("ssh-keygen", ["-q", "-p", "-N", "", "-m", format, "-f", key]);
        }
        await rig.reach(`${endpoint}&identity=${key}`);
      });
    }
  }

  test("a key file that others may read is refused, as by ssh", async () => {
    const key = await makeKey(`${rig.home}/open`);
    await letIn(await Deno.readTextFile(`${key}.pub`));
    for (const mode of [0o644, 0o640, 0o604]) {
      await Deno.chmod(key, mode);
      await rig.fails(
        `${endpoint}&identity=${key}`,
        /\/open is not used, because other users can read it \(mode 6\d\d\); chmod 600 \S+\/open$/,
        "unauthenticated",
      );
      const { code } = await run("ssh", [
        ...["-F", "none", "-i", key, "-o", `UserKnownHostsFile=${sshd.knownHosts}`],
        ...["-o", "BatchMode=yes", "-p", String(sshd.port), "root@127.0.0.1", "true"],
      ]);
      assert.equal(code, 255, `mode ${mode.toString(8)}`);
    }
    await Deno.chmod(key, 0o400);
    await rig.reach(`${endpoint}&identity=${key}`);
  });

  for (const format of ["RFC4716", "PEM", "PKCS8"]) {
    test(`passphrases are asked for three times, for a file in the format ${format}`, async () => {
      const folder = await Deno.makeTempDir({ dir: rig.home });
      const key = await makeKey(`${folder}/key`, "rsa", "a passphrase");
      await check("ssh-keygen", [
        ...["-q", "-p", "-m", format, "-P", "a passphrase", "-N", "a passphrase", "-f", key],
      ]);
      const ssh2 = await loadSsh2();
      const address = { host: "127.0.0.1", identity: key };
      const around = { env: () => undefined, signal: new AbortController().signal };
      const target = await sshTarget(address, "ssh://box", around);
      /**
       * Gives these answers, one after the other; returns the number of requests, and the result.
       */
      const asked = async (...answers: (string | undefined)[]) => {
        const questions: boolean[] = [];
        const auth = sshAuth(ssh2, target, {
          ask(_, again) {
            questions.push(again);
            return Promise.resolve(answers.shift());
          },
          asking: (ask) => ask(),
          signal: around.signal,
        });
        const { key } = await auth.next() as { key: SshKey };
        assert.deepEqual(questions, [], "the server wasn't asked yet whether it takes this key");
        return {
          signed: await signed(key),
          questions,
          problem: auth.problem()?.text,
          tried: auth.tried,
        };
      };
      const right = await asked("wrong", "a passphrase");
      assert(right.signed);
      assert.deepEqual(right.questions, [false, true]);
      const wrong = await asked("1", "2", "3", "a passphrase");
      assert.deepEqual(wrong.questions, [false, true, true]);
      assert.match(wrong.problem!, /the key \S+ stayed locked: no passphrase opened it/);
      assert.deepEqual(wrong.tried, [wrong.problem]);
      assert.deepEqual((await asked("")).questions, [false], "nothing typed: the next key");
      assert.match((await asked(undefined)).problem!, /is encrypted, and there is no terminal/);
    });
  }

  for (
    const [what, password, more, expected] of [
      [
        "a password alone",
        "yes",
        "AuthenticationMethods password",
        /accepts no keys from user root: it asks for password; /,
      ],
      [
        "a password beside the key",
        "yes",
        "AuthenticationMethods publickey,password",
        /accepted a key of user root, but also asks for password/,
      ],
      [
        "two keys",
        "no",
        "AuthenticationMethods publickey,publickey",
        /accepted a key of user root, but also asks for publickey/,
      ],
    ] as const
  ) {
    test(`a server that asks for ${what}`, async () => {
      await using strict = await startSshd({ password, config: [more] });
      await rig.fails(
        `ssh://root@127.0.0.1:${strict.port}/s?identity=${strict.key}&knownHosts=${strict.knownHosts}`,
        expected,
        "unauthenticated",
      );
    });
  }

  test("an agent that hangs up, one that is gone and a silent one don't stop a login by key file", async () => {
    const key = await makeKey(`${rig.home}/mine`);
    await letIn(await Deno.readTextFile(`${key}.pub`));
    const gone = `${rig.home}/gone`;
    // The socket stays, as that of a forwarded agent does.
    Deno.listen({ transport: "unix", path: gone }).close();
    for (const path of [gone, `${rig.home}/nowhere`]) {
      await rig.reach(`${endpoint}&identity=${key}`, { SSH_AUTH_SOCK: path });
      await apart();
    }
    const path = `${rig.home}/hangs-up`;
    const listener = Deno.listen({ transport: "unix", path });
    const hanging = accept(listener, (conn) => conn.read(new Uint8Array(100)));
    await soon(rig.reach(`${endpoint}&identity=${key}`, { SSH_AUTH_SOCK: path }), "it", 10_000);
    await apart();
    await hanging[Symbol.asyncDispose]();
    // A silent agent is named: the dial reports the step that it hangs in.
    const silent = `${rig.home}/silent`;
    using _silent = Deno.listen({ transport: "unix", path: silent });
    const steps: string[] = [];
    const stop = new AbortController();
    const dial = ssh.dial(ssh.parse(`${endpoint}&identity=${key}`), {
      signal: stop.signal,
      env: (name) => name === "SSH_AUTH_SOCK" ? silent : undefined,
      log: () => {},
      step(_, detail = "") {
        steps.push(detail);
        if (detail.includes("agent")) stop.abort(new Error("seen"));
      },
    });
    await assert.rejects(dial, /seen/);
    assert.match(steps.at(-1)!, /^root at 127\.0\.0\.1:\d+, asking the agent at .*\/silent$/);
  });
}

/** The public half of an ed25519 key in PKCS#8, as a line of authorized_keys. */
async function publicOf(file: string): Promise<string> {
  const { createPublicKey } = await import("node:crypto");
  const { x } = createPublicKey(await Deno.readTextFile(file)).export({ format: "jwk" });
  const key = Uint8Array.fromBase64(x!, { alphabet: "base64url" });
  const type = new TextEncoder().encode("ssh-ed25519");
  return `ssh-ed25519 ${stringsOf([type, key]).toBase64()} pkcs8`;
}

/** Whether a login's key signs when ssh2 writes its request; the protocol is a stand-in. */
function signed(key: SshKey): Promise<boolean> {
  return new Promise((resolve) => {
    const protocol = {
      authPK(_user: string, _key: SshKey, _algorithm: string, sign: Sign) {
        sign(new Uint8Array(8), () => resolve(true));
      },
      _packetRW: { write: {} },
    };
    carryLogins({ _protocol: protocol } as unknown as SshClient);
    protocol.authPK("root", key, "rsa-sha2-512", () => resolve(false));
  });
}

type Sign = (data: Uint8Array, done: () => void) => void;
