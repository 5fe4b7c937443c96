/** `proxy` and `dial-stdio`, as other clients use them. */
import assert from "node:assert/strict";
import { check, run } from "../harness/run.ts";
import { untilListening } from "../harness/until_listening.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { type Sshd, startSshd } from "../harness/sshd.ts";
import { missing, need } from "../harness/tool.ts";
import { soon } from "../../transports/contract/expect.ts";
import { sleep } from "./contract_help.ts";
import { checkFairlead, fairlead, fairleadCommand } from "../harness/fairlead.ts";
import { patternAt } from "./pattern.ts";
import { startPeer } from "./start_peer.ts";
import { fails } from "../harness/ended.ts";

const reason = needsRoot() ??
  await missing("buildkitd", "buildctl", "runc", "docker-registry", "busybox", "buildx", "sshd");

if (!skip(reason)) {
  const shared = await sharedBuildkitd();
  const sshd = await startSshd();
  const folder = await Deno.makeTempDir({ prefix: "fl-proxy-" });
  addEventListener("unload", () => {
    void sshd.stop();
    Deno.removeSync(folder, { recursive: true });
  });
  await Deno.mkdir(`${folder}/context`);
  const dockerfile = "FROM busybox\nRUN echo it ran as $((40 + 2))\n";
  await Deno.writeTextFile(`${folder}/context/Dockerfile`, dockerfile);
  const daemonSocket = shared.address.slice("unix://".length);
  const overSsh = (to: Sshd) =>
    `ssh://root@127.0.0.1:${to.port}${daemonSocket}?identity=${to.key}&knownHosts=${to.knownHosts}`;

  Deno.test("proxy: buildctl builds through it, by way of ssh", async () => {
    await using proxy = await startProxy([overSsh(sshd), "--listen=tcp://127.0.0.1:0"]);
    assert.match(proxy.address, /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
    const context = [`--local=context=${folder}/context`, `--local=dockerfile=${folder}/context`];
    const { stderr } = await check(await need("buildctl"), [
      ...["--addr", proxy.address, "build", "--progress=plain", "--no-cache"],
      ...["--frontend=dockerfile.v0", ...context],
    ]);
    assert.match(stderr, /it ran as 42/);
  });

  Deno.test("proxy: buildx builds through it", async () => {
    const address = `unix://${folder}/socket`;
    await using proxy = await startProxy([shared.address, "--listen", address]);
    assert.equal(proxy.address, address);
    assert.equal((await Deno.stat(`${folder}/socket`)).mode! & 0o777, 0o600);
    const env = { BUILDX_CONFIG: `${folder}/buildx`, DOCKER_CONFIG: folder };
    const buildx = await need("buildx");
    await check(buildx, ["create", "--name=p", "--driver=remote", address], { env });
    const flags = ["--builder=p", "--progress=plain", "--no-cache"];
    const { stderr } = await check(buildx, ["build", ...flags, `${folder}/context`], { env });
    assert.match(stderr, /it ran as 42/);
    assert.equal(await proxy.stop(), 0);
    await assert.rejects(Deno.stat(`${folder}/socket`), "its socket is gone with it");
  });

  Deno.test("proxy: a client sees the error when the daemon is missing", async () => {
    await using proxy = await startProxy([
      `unix://${folder}/none`,
      `--listen=unix://${folder}/dead`,
    ]);
    const conn = await Deno.connect({ transport: "unix", path: `${folder}/dead` });
    assert.equal(await conn.read(new Uint8Array(1)), null);
    conn.close();
    while (!proxy.said().includes("hint:")) await sleep(20);
    assert.match(proxy.said(), /hint: check[^]*cannot reach unix:\/\/\S+\/none: no such socket/);
  });

  Deno.test("proxy: unsafe addresses to listen at are refused", async () => {
    const refused = async (listen: string, expected: RegExp, endpoint = shared.address) => {
      const [program, ...args] = fairleadCommand("proxy", endpoint, `--listen=${listen}`);
      const { stderr } = await fails(run(program, args));
      assert.match(stderr, expected);
    };
    await Deno.writeTextFile(`${folder}/file`, "precious");
    await refused("", /--listen is missing/);
    await refused(
      "tcp://0.0.0.0:1",
      /hint: anyone who can reach[^]*neither a unix socket nor loopback TCP/,
    );
    await refused(
      `unix://${folder}/file`,
      /cannot listen on unix:.*: a file that is not a socket is already there/,
    );
    await refused(`unix://${folder}`, /cannot listen on unix:.*: a folder is already there/);
    await refused(
      `unix://${folder}/no/s`,
      /cannot listen on unix:.*: there is no folder \S+\/no\//,
    );
    await refused(`unix://${folder}/${"x".repeat(120)}`, /: the path is too long for a socket/);
    assert.equal(await Deno.readTextFile(`${folder}/file`), "precious");
    await refused(`unix://${folder}/x`, /unknown scheme "unx"/, "unx:///s");
    await using _proxy = await startProxy([shared.address, `--listen=unix://${folder}/taken`]);
    for (const name of ["taken", "/taken", "./taken"]) {
      await refused(`unix://${folder}/${name}`, /: another program is already listening there/);
    }
  });

  Deno.test("proxy: a stale socket is replaced", async () => {
    const path = `${folder}/left`;
    const code = `Deno.listen({ transport: "unix", path: Deno.args[0] }); Deno.exit(0)`;
    await new Deno.Command(Deno.execPath(), { args: ["eval", code, path] }).output();
    await using proxy = await startProxy([shared.address, `--listen=unix://${path}`]);
    await check(await need("buildctl"), ["--addr", proxy.address, "debug", "workers"]);
  });

  Deno.test("proxy and dial-stdio: a builder whose transport is a plugin of its own", async () => {
    const env = { BUILDX_CONFIG: `${folder}/store`, XDG_CACHE_HOME: `${folder}/cache` };
    const plugin = `${folder}/mine`;
    const buildctl = await need("buildctl");
    const metadata = {
      protocol: { min: 1, max: 1 },
      name: "mine",
      version: "1",
      schemes: ["mine"],
      handshake: "none",
    };
    await Deno.writeTextFile(
      plugin,
      `#!/bin/sh\n[ $1 = metadata ] && { echo '${JSON.stringify(metadata)}'; exit; }\n` +
        `exec ${buildctl} --addr ${shared.address} dial-stdio\n`,
    );
    await Deno.chmod(plugin, 0o755);
    const own = ["create", "--name=own", "--driver-opt", `transport=${plugin}`, "mine://there"];
    await checkFairlead(own, env);
    const listen = `unix://${folder}/own`;
    await using proxy = await startProxy(["own", "--listen", listen], env);
    assert.equal(proxy.address, listen, proxy.said());
    assert.match((await check(buildctl, ["--addr", listen, "debug", "workers"])).stdout, /linux/);
    const child = start(["dial-stdio", "--builder=own"], env);
    const reader = child.stdout.getReader();
    const { value } = await soon(reader.read(), "the daemon's first bytes", 20_000);
    // A SETTINGS frame.
    assert.equal(value?.[3], 4);
    await reader.cancel();
    await child.stdin.close();
    child.kill("SIGTERM");
    await child.stderr.cancel();
    await child.status;
  });

  Deno.test("dial-stdio carries raw bytes both ways, and half-closes", async () => {
    await using peer = await startPeer();
    const child = start(["dial-stdio"], { BUILDKIT_HOST: `unix://${peer.socket}` });
    const sent = patternAt(0, 1 << 20);
    const writing = (async () => {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("echo\n"));
      for (let i = 0; i < 8; i++) await writer.write(sent.slice());
      await writer.close();
    })();
    const { code, stdout } = await soon(child.output(), "its end", 20_000);
    await writing;
    assert.equal(code, 0);
    assert.equal(stdout.length, 8 << 20);
    for (let i = 0; i < 8; i++) assert.deepEqual(stdout.subarray(i << 20, (i + 1) << 20), sent);
  });

  Deno.test("dial-stdio ends when the daemon's side ends, whatever stdin does", async () => {
    await using peer = await startPeer();
    const child = start(["dial-stdio"], { BUILDKIT_HOST: `unix://${peer.socket}` });
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("wait\n"));
    const reader = child.stdout.getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "ready");
    await peer.kill();
    assert.equal((await soon(reader.read(), "its end", 20_000)).done, true);
    await soon(child.status, "its exit", 20_000);
    await child.stderr.cancel();
    await writer.abort();
  });

  Deno.test("dial-stdio: a missing daemon is named, and SIGTERM ends the command", async () => {
    const nowhere = { BUILDKIT_HOST: `unix://${folder}/none` };
    const dead = await fails(fairlead(["dial-stdio"], { env: nowhere }));
    assert.equal(dead.stdout, "");
    assert.match(dead.stderr, /cannot reach unix:\/\/\S+\/none: no such socket/);
    const child = start(["dial-stdio"], { BUILDKIT_HOST: shared.address });
    await untilListening(child.pid);
    child.kill("SIGTERM");
    assert.equal((await soon(child.output(), "its end", 20_000)).code, 130);
    await child.stdin.abort();
  });
}

function start(args: string[], env: Record<string, string> = {}): Deno.ChildProcess {
  const [program, ...rest] = fairleadCommand(...args);
  return new Deno.Command(program, {
    args: rest,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A proxy that listens when this returns. */
async function startProxy(args: string[], env: Record<string, string> = {}) {
  const child = start(["proxy", ...args], env);
  await child.stdin.close();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  const heard = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  const address = (await reader.read()).value?.trim() ?? "";
  let stopping: Promise<number> | undefined;
  const stop = () =>
    stopping ??= (async () => {
      try {
        child.kill("SIGTERM");
      } catch {
        // The process has ended by itself.
      }
      await Promise.all([reader.cancel(), heard]);
      return (await child.status).code;
    })();
  assert(address !== "", `the proxy did not start: ${said}`);
  return { address, stop, said: () => said, [Symbol.asyncDispose]: async () => void await stop() };
}
