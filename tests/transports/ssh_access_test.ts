/** Logins that ssh refuses, and hosts that we refuse: each refusal is its own error. */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import { check } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { startSshAgent } from "../harness/ssh_agent.ts";
import { makeKey, type Sshd, startSshd } from "../harness/sshd.ts";
import { missing } from "../harness/tool.ts";
import { sshRig } from "./ssh_rig.ts";
import { accept } from "../harness/accept.ts";

const reason = needsRoot() ?? await missing("sshd");

if (!skip(reason)) {
  const sshd = await startSshd();
  const jump = await startSshd();
  const { home, peer, reach, fails, write } = await sshRig();
  addEventListener("unload", () => {
    void sshd.stop();
    void jump.stop();
    void peer.kill();
    Deno.removeSync(home, { recursive: true });
  });
  const name = (to: Sshd) => `[127.0.0.1]:${to.port}`;
  const at = (to: Sshd, options: string) =>
    `ssh://root@127.0.0.1:${to.port}${peer.socket}?${options}`;

  // The connection waits for the next dial, which another case may make.
  const test = (title: string, fn: (t: Deno.TestContext) => Promise<void>, ignore = false) =>
    Deno.test({ name: `ssh: ${title}`, ignore, sanitizeOps: false, sanitizeResources: false }, fn);

  test("an unknown host is refused, with the command that accepts it", async () => {
    const file = `${home}/.ssh/new_hosts`;
    const endpoint = at(sshd, `identity=${sshd.key}&knownHosts=${file}`);
    let hint = "";
    await assert.rejects(reach(endpoint), (error) => {
      assert(error instanceof DialError);
      assert.match(
        error.message,
        /the host key of \[127\.0\.0\.1\]:\d+ is not known: ssh-ed25519 SHA256:/,
      );
      hint = error.hint ?? "";
      return true;
    });
    const print = (await check("ssh-keygen", ["-lf", `${sshd.root}/host_ed25519.pub`])).stdout;
    await fails(endpoint, new RegExp(print.split(" ")[1]!.replace(/[+/]/g, "\\$&")), "denied");
    await check("sh", ["-c", hint.replace(/^.*accept it with: /, "")]);
    await reach(endpoint);
    await check("ssh-keygen", ["-q", "-H", "-f", file]);
    assert.match(await Deno.readTextFile(file), /^\|1\|/, "its names are hashed now");
    await reach(endpoint);
  });

  test("a host whose key has changed is refused, with the command that replaces it", async () => {
    const file = `${home}/.ssh/changed`;
    const other = (await Deno.readTextFile(`${jump.key}.pub`)).split(" ", 2).join(" ");
    await write("changed", `# a comment\n${name(sshd)} ${other}\n`);
    const endpoint = at(sshd, `identity=${sshd.key}&knownHosts=${file}`);
    let hint = "";
    await assert.rejects(reach(endpoint), (error) => {
      assert(error instanceof DialError && error.code === "denied");
      assert.match(error.message, /has changed: it is ssh-ed25519 SHA256:.*changed:2 has SHA256:/);
      hint = error.hint ?? "";
      return true;
    });
    await check("sh", ["-c", hint.replace(/^.*fingerprint: /, "")]);
    await reach(endpoint);
  });

  test("a host that is known by another type of key is asked for that one", async () => {
    const line = sshd.hostKeys.find((key) => key.startsWith("ssh-rsa"));
    await write("rsa", `${name(sshd)} ${line}\n`);
    await reach(at(sshd, `identity=${sshd.key}&knownHosts=${home}/.ssh/rsa`));
  });

  test("authorities count for certificates alone, and revoked keys are refused", async () => {
    const key = sshd.hostKeys[0];
    await write("ca", `@cert-authority [127.0.0.1]:* ${key}\n`);
    // The authority's own key is no host's key.
    await fails(
      at(sshd, `identity=${sshd.key}&knownHosts=${home}/.ssh/ca`),
      /ca:1 trusts .* only by its certificate authority, but .*accept the key itself with: printf/,
      "denied",
    );
    await write("revoked", `${name(sshd)} ${key}\n@revoked * ${key}\n`);
    await fails(
      at(sshd, `identity=${sshd.key}&knownHosts=${home}/.ssh/revoked`),
      /is revoked by .*revoked:2: ssh-ed25519 SHA256:.*do not connect/,
      "denied",
    );
  });

  for (const type of ["ed25519", "ecdsa"]) {
    test(`a host with a certificate, its key and its authority of type ${type}`, async (t) => {
      const folder = await Deno.makeTempDir({ dir: home });
      const ca = await makeKey(`${folder}/ca`, type === "ecdsa" ? "rsa" : type);
      const key = await makeKey(`${folder}/host`, type);
      const authority = (await Deno.readTextFile(`${ca}.pub`)).split(" ", 2).join(" ");
      const certify = (...options: string[]) =>
        check("ssh-keygen", ["-q", "-s", ca, "-I", "box", ...options, `${key}.pub`]);
      const config = [`HostCertificate ${key}-cert.pub`];
      /** The server shows the present certificate. */
      const serving = async (run: (endpoint: string) => Promise<unknown>, line = "") => {
        await using server = await startSshd({ hostKeys: [key], config });
        const file = `${folder}/known`;
        const text = line || `@cert-authority [127.0.0.1]:${server.port} ${authority}\n`;
        await Deno.writeTextFile(file, text);
        await run(at(server, `identity=${server.key}&knownHosts=${file}`));
      };
      await t.step("a good one", async () => {
        await certify("-h", "-n", "other,127.0.0.1", "-V", "-1d:+1d");
        await serving(reach);
      });
      await t.step("an authority that is not known", () =>
        serving(
          (endpoint) => fails(endpoint, /does not contain its authority, \S+ SHA256:/, "denied"),
          `@cert-authority * ${sshd.hostKeys[0]}\n`,
        ));
      await t.step("a revoked authority", () =>
        serving(
          (endpoint) => fails(endpoint, /is revoked by/, "denied"),
          `@cert-authority * ${authority}\n@revoked * ${authority}\n`,
        ));
      const refused: [string, string[], RegExp][] = [
        ["for another host", ["-h", "-n", "other"], /it is for other \("box"\)/],
        ["expired", ["-h", "-n", "127.0.0.1", "-V", "-2d:-1d"], /it expired on \d/],
        ["not valid yet", ["-h", "-n", "127.0.0.1", "-V", "+1d:+2d"], /it is not valid before \d/],
      ];
      for (const [title, options, expected] of refused) {
        await t.step(title, async () => {
          await certify(...options);
          await serving((endpoint) => fails(endpoint, expected, "denied"));
        });
      }
      await t.step("forged", async () => {
        await certify("-h", "-n", "127.0.0.1");
        const path = `${key}-cert.pub`;
        const [name, base64] = (await Deno.readTextFile(path)).split(" ");
        const blob = Uint8Array.fromBase64(base64!);
        // The last byte of the nonce: all but the signature stays as it was.
        blob[4 + name!.length + 4 + 31]! ^= 1;
        const verdict = (await import("../../transports/ssh/host_keys/certificate_signature.ts"))
          .verifier(await (await import("../../transports/ssh/ssh2.ts")).loadSsh2());
        const { parseCertificate } = await import("../../transports/ssh/host_keys/certificate.ts");
        const good = parseCertificate(Uint8Array.fromBase64(base64!))!;
        const forged = parseCertificate(blob)!;
        assert.equal(verdict(good.authority, good.signed, good.signature), true);
        assert.equal(verdict(forged.authority, forged.signed, forged.signature), false);
      });
    });
  }

  const known = `knownHosts=${sshd.knownHosts}`;
  test("keys that can't log in are named, with the reason", async (t) => {
    const wrong = await makeKey(`${home}/.ssh/wrong`);
    await t.step("another key", () =>
      fails(
        at(sshd, `${known}&identity=${wrong}`),
        /the server refused user root: the key .*\/wrong; give the key that the server knows/,
        "unauthenticated",
      ));
    await t.step("no such file", () =>
      fails(
        at(sshd, `${known}&identity=${home}/none`),
        /the key .*\/none can't be read: there is no such file; check the path/,
        "unauthenticated",
      ));
    await t.step("a public key", () =>
      fails(
        at(sshd, `${known}&identity=${sshd.key}.pub`),
        /key\.pub can't be used: it is a public key; name the file of a private key/,
        "unauthenticated",
      ));
    await t.step(
      "no key at all",
      () =>
        fails(at(sshd, known), /refused user root: there is no key to try/, "unauthenticated", {
          HOME: "/nowhere",
        }),
    );
    await t.step(
      "an agent that is gone",
      () =>
        fails(at(sshd, known), /the agent at \/nowhere\/agent doesn't answer/, "unauthenticated", {
          SSH_AUTH_SOCK: "/nowhere/agent",
          HOME: "/nowhere",
        }),
    );
  });

  // Half of all ecdsa keys have a private number that OpenSSH writes with a zero before it.
  for (const type of ["rsa", "ecdsa", "ecdsa", "ecdsa", "ecdsa"]) {
    test(`a key of type ${type}`, async () => {
      const folder = await Deno.makeTempDir({ dir: home });
      const key = await makeKey(`${folder}/mine`, type);
      await Deno.writeTextFile(sshd.authorizedKeys, await Deno.readTextFile(`${key}.pub`), {
        append: true,
      });
      await reach(at(sshd, `${known}&identity=${key}`));
    });
  }

  test("an encrypted key needs the agent that holds it", async () => {
    const key = await makeKey(`${home}/.ssh/locked`, "ed25519", "a passphrase");
    await Deno.writeTextFile(sshd.authorizedKeys, await Deno.readTextFile(`${key}.pub`), {
      append: true,
    });
    const endpoint = at(sshd, `${known}&identity=${key}`);
    if (!hasTerminal()) {
      await fails(endpoint, /locked is encrypted, .*: ssh-add .*locked$/, "unauthenticated");
    }
    await using agent = await startSshAgent(`${home}/agent`);
    const ask = `${home}/ask`;
    await Deno.writeTextFile(ask, "#!/bin/sh\necho a passphrase\n", { mode: 0o755 });
    const env = { ...agent.env, SSH_ASKPASS: ask, SSH_ASKPASS_REQUIRE: "force" };
    await check("ssh-add", ["-q", key], { env });
    await reach(endpoint, env);
    // The agent has more keys than one may offer: the endpoint's alone is asked for.
    for (let i = 0; i < 7; i++) {
      await check("ssh-add", ["-q", await makeKey(`${home}/.ssh/more${i}`)], { env });
    }
    await reach(endpoint, env);
  });

  test("~/.ssh/config names the host, its key and a jump host", async () => {
    const open = [
      `Host box`,
      `  HostName 127.0.0.1`,
      `  Port ${sshd.port}`,
      `  ProxyJump hop`,
      `  IdentityFile ${sshd.key}`,
      `  UserKnownHostsFile "${sshd.knownHosts}"`,
      `Host hop`,
      `  HostName=127.0.0.1`,
      `  Port ${jump.port}`,
      `  IdentityFile ${jump.key}`,
      `  UserKnownHostsFile ${jump.knownHosts}`,
      `Host *`,
      `  User root`,
      `  IdentitiesOnly yes`,
    ];
    await write("config", open.join("\n"));
    const log = () => Deno.readTextFile(`${jump.root}/sshd.log`);
    const before = (await log()).length;
    await reach(`ssh://box${peer.socket}`);
    assert.match((await log()).slice(before), /Accepted publickey for root/, "it went by the hop");
    await write("config", open.join("\n").replace(jump.key, "/nowhere/key"));
    await fails(
      `ssh://box${peer.socket}`,
      /at its jump host 127\.0\.0\.1:\d+\).*refused user root/,
      "unauthenticated",
    );
    await write("config", open.join("\n").replace(`Port ${sshd.port}`, "Port 1"));
    await fails(
      `ssh://box${peer.socket}`,
      /the jump host can't reach 127\.0\.0\.1:1/,
      "unreachable",
    );
    await Deno.remove(`${home}/.ssh/config`);
  });

  test("a server without stream forwarding is asked for a program", async () => {
    await using strict = await startSshd({ config: ["AllowStreamLocalForwarding no"] });
    const access = `identity=${strict.key}&knownHosts=${strict.knownHosts}`;
    await fails(
      `ssh://root@127.0.0.1:${strict.port}/run/x?${access}`,
      /can't reach the socket \/run\/x .*, and buildctl --addr unix:\/\/\/run\/x dial-stdio failed/,
      "unreachable",
    );
  });

  test("a port without an ssh server is reported", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const refusal = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
    await using _ = accept(listener, (conn) => conn.write(refusal));
    const { port } = listener.addr;
    await fails(`ssh://127.0.0.1:${port}/s`, /the ssh handshake failed: /, "unreachable");
  });

  test("a server that hangs up is dialled again; another kind of server is not", async () => {
    for (const [words, retryable] of [["", true], ["SSH-1.0-old\r\n", false]] as const) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      await using _ = accept(listener, async (conn) => {
        await conn.write(new TextEncoder().encode(words));
        // Time for the other side to read, before the hang-up.
        await conn.read(new Uint8Array(100));
      });
      await assert.rejects(reach(`ssh://127.0.0.1:${listener.addr.port}/s`), (error) => {
        assert(error instanceof DialError && error.code === "unreachable", String(error));
        assert.equal(error.retryable, retryable, error.message);
        return true;
      });
    }
  });

  test("many dials share a connection", async () => {
    const log = async () =>
      (await Deno.readTextFile(`${sshd.root}/sshd.log`)).match(/Accepted publickey/g)?.length ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = await log();
    const endpoint = at(sshd, `${known}&identity=${sshd.key}`);
    await Promise.all(Array.from({ length: 20 }, () => reach(endpoint)));
    assert.equal(await log() - before, 1);
  });
}

function hasTerminal(): boolean {
  try {
    Deno.openSync("/dev/tty").close();
    return true;
  } catch {
    return false;
  }
}
