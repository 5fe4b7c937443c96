/** `docker`: the contract with a stand-in engine, and tests of real engines. */
import assert from "node:assert/strict";
import { connect } from "../../buildkit/connect.ts";
import { ConnectionLost } from "../../buildkit/connection_lost.ts";
import { fileSync } from "../../buildkit/session/filesync.ts";
import { health } from "../../buildkit/session/health.ts";
import { solve } from "../../buildkit/solve.ts";
import { dockerfileRequest } from "../../buildkit/solve_request.ts";
import { transports } from "../../transports/all.ts";
import { docker } from "../../transports/schemes/docker.ts";
import { createRegistry } from "../../transports/registry.ts";
import { DialError, type DialErrorCode } from "../../transports/errors.ts";
import { makeCerts } from "../harness/certs.ts";
import { dockerEngine } from "../harness/dockerd.ts";
import { startPodman } from "../harness/podman.ts";
import { run } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { startSshd } from "../harness/sshd.ts";
import { missing } from "../harness/tool.ts";
import { engineSpace } from "../drivers/engine.ts";
import { contract } from "./contract.ts";
import { context } from "./contract_help.ts";
import { startPeer } from "./start_peer.ts";
import { fails, succeeds } from "../harness/ended.ts";

contract("docker", {
  dial: (endpoint, context) => docker.dial(docker.parse(endpoint), context),
  async start() {
    const peer = await startPeer();
    const path = `${peer.socket}.engine`;
    const program = new URL("stand_in_engine.ts", import.meta.url).pathname;
    const engine = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, path, peer.socket],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = engine.stdout.getReader();
    await reader.read();
    let gone: Promise<void> | undefined;
    const kill = () =>
      gone ??= (async () => {
        engine.kill("SIGKILL");
        await Promise.all([engine.status, reader.cancel(), engine.stdin.close().catch(() => {})]);
        await peer.kill();
      })();
    return { endpoint: `docker://?host=unix://${path}`, kill, [Symbol.asyncDispose]: kill };
  },
  async hang() {
    const path = `${await Deno.makeTempDir({ prefix: "fl-dkr-" })}/s`;
    const listener = Deno.listen({ transport: "unix", path });
    return {
      endpoint: `docker://?host=unix://${path}`,
      async [Symbol.asyncDispose]() {
        listener.close();
        await Deno.remove(path.replace(/\/s$/, ""), { recursive: true });
      },
    };
  },
  dead: [
    ["docker://?host=unix:///no/such/s", /no engine at unix:\/\/\/no\/such\/s: no such socket$/],
    ["docker://?host=tcp://127.0.0.1:1", /no engine at tcp:\/\/127.0.0.1:1: connection refused$/],
    ["docker://?host=fd://3", /are reached by unix:\/\/, tcp:\/\/, ssh:\/\/ and npipe:\/\/ only$/],
    ["docker://?context=none", /docker context "none" not found$/],
  ],
});

const ignore = skip(
  needsRoot() ?? await missing("containerd", "runc", "busybox", "sshd") ??
    (await dockerEngine()).reason,
);
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

async function refused(host: string, expected: RegExp, code: DialErrorCode) {
  await assert.rejects(docker.dial({ host }, context()), (error) => {
    assert(error instanceof DialError, String(error));
    assert.match(`${error.message}; ${error.hint}`, expected);
    assert.equal(error.code, code);
    return true;
  });
}

test("docker: builds on an engine behind a socket, ssh, TLS, a docker context", async (t) => {
  const certs = await makeCerts();
  const { ca, server, client } = certs;
  await using space = await engineSpace({ tls: { ...server, ca: ca.cert } });
  const { engine } = space;
  const builds = async (host: string, env: Record<string, string> = {}) => {
    const args = ["build", "--network=host", "--no-cache", "--progress=plain", "ctx"];
    const { stderr } = await succeeds(space.fairlead(args, { BUILDKIT_HOST: host, ...env }));
    assert.match(stderr, /it ran as 42/);
    assert.match(stderr, /writing image sha256:/);
  };
  await t.step("a socket", () => builds("docker://"));
  await t.step(
    "an address",
    () => builds(`docker://?host=${engine.address}`, { DOCKER_HOST: "unix:///nowhere" }),
  );
  await t.step("ssh", async () => {
    await using sshd = await startSshd();
    const access = `identity=${sshd.key}&knownHosts=${sshd.knownHosts}`;
    const host = `ssh://root@127.0.0.1:${sshd.port}${engine.socket}?${access}`;
    await builds("docker://", { DOCKER_HOST: host });
  });
  await t.step("TLS, and without the certificate", async () => {
    Deno.mkdirSync(space.path("certs"));
    for (const [name, path] of [["ca", ca.cert], ["cert", client.cert], ["key", client.key]]) {
      Deno.copyFileSync(path!, space.path(`certs/${name}.pem`));
    }
    const tls = { DOCKER_HOST: engine.tcp, DOCKER_TLS_VERIFY: "1" };
    await builds("docker://", { ...tls, DOCKER_CERT_PATH: space.path("certs") });
    Deno.removeSync(space.path("certs/cert.pem"));
    Deno.removeSync(space.path("certs/key.pem"));
    const { stderr } = await fails(space.fairlead(["build", "ctx"], {
      ...tls,
      DOCKER_CERT_PATH: space.path("certs"),
    }));
    assert.match(stderr, /^ERROR: .*certificate/m);
  });
  await t.step("TLS that nobody verifies, as docker has it, with a warning", async () => {
    // The engine is not signed by this authority.
    Deno.mkdirSync(space.path("wrong"));
    const files = [["ca", certs.otherCa.cert], ["cert", client.cert], ["key", client.key]];
    for (const [name, path] of files) Deno.copyFileSync(path!, space.path(`wrong/${name}.pem`));
    const dockers = (args: string[], env: Record<string, string>) =>
      run(`${engine.programs}/usr/bin/docker`, args, {
        env: { DOCKER_CONFIG: space.path(".docker"), ...env },
      });
    const tls = { DOCKER_HOST: engine.tcp, DOCKER_CERT_PATH: space.path("wrong") };
    const ours = (env: Record<string, string>) =>
      space.fairlead(["build", "--network=host", "--progress=plain", "ctx"], env);
    for (
      const [env, good] of [[{ DOCKER_TLS: "1" }, true], [{ DOCKER_TLS_VERIFY: "1" }, false]]
    ) {
      const all = { ...tls, ...env as Record<string, string> };
      assert.equal((await dockers(["version"], all)).code === 0, good);
      const { code, stderr } = await ours(all);
      assert.equal(code === 0, good, stderr);
      const warnings = stderr.match(
        /WARNING: the certificate of the docker engine at tcp:\S+ is not verified/g,
      ) ??
        [];
      assert.equal(warnings.length, good ? 1 : 0, stderr);
    }
    const dir = space.path("wrong");
    const parts = ["ca", "cert", "key"].map((name) => `${name}=${dir}/${name}.pem`);
    const contexts = { skipping: "true", verifying: "false" };
    for (const [name, skips] of Object.entries(contexts)) {
      await succeeds(dockers([
        ...["context", "create", name, "--docker"],
        [`host=${engine.tcp}`, ...parts, `skip-tls-verify=${skips}`].join(","),
      ], {}));
      const good = skips === "true";
      assert.equal((await dockers(["--context", name, "version"], {})).code === 0, good);
      const { code, stderr } = await ours({ DOCKER_HOST: "", DOCKER_CONTEXT: name });
      assert.equal(code === 0, good, stderr);
      assert.equal(/WARNING: the certificate of the docker engine at/.test(stderr), good, stderr);
      // Not where many builders are listed.
      const listed = await space.fairlead(["ls"], { DOCKER_HOST: "", DOCKER_CONTEXT: name });
      assert.doesNotMatch(listed.stderr, /anybody/);
    }
  });
  await t.step("a context", async () => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("box"));
    const meta = { Name: "box", Metadata: {}, Endpoints: { docker: { Host: engine.address } } };
    space.write({
      [`.docker/contexts/meta/${new Uint8Array(digest).toHex()}/meta.json`]: JSON.stringify(meta),
    });
    const elsewhere = { DOCKER_HOST: "unix:///nowhere" };
    await builds("docker://?context=box", elsewhere);
    await succeeds(space.fairlead(
      ["build", "--network=host", "--builder=box", "ctx"],
      elsewhere,
    ));
    const { stdout } = await space.fairlead(["ls"], { DOCKER_HOST: "", DOCKER_CONTEXT: "box" });
    assert.match(stdout, /^box\* +docker\s*$/m);
    assert.match(stdout, /^ \\_ box +\\_ box +running /m);

    const manual = Deno.readTextFileSync(new URL("../../docs/transports.md", import.meta.url));
    const section = manual.split(/^## /m).find((text) => text.startsWith("docker\n"))!;
    const commands = [...section.matchAll(/^ {4}fairlead (.*?) \. +#/gm)];
    assert.equal(commands.length, 2);
    space.write({ "plain/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n" });
    for (const [, words] of commands) {
      const ran = await space.fairlead([...words!.split(" "), "plain"]);
      assert.equal(ran.code, 0, `the manual's ${words}: ${ran.stderr}`);
      assert.match(ran.stderr, /naming to docker\.io\/library\/app/);
      await engine.docker("rmi", "app");
    }
  });
  await Deno.remove(certs.dir, { recursive: true });
});

Deno.test({
  name: "docker: podman's service is refused because it has no BuildKit",
  ignore: ignore || skip(await missing("podman")),
}, async () => {
  await using podman = await startPodman();
  await refused(
    podman.address,
    /does not include BuildKit; docker includes BuildKit since 18\.09/,
    "unsupported",
  );
});

test("docker: a killed engine ends the build, and a missing one has a remedy", async () => {
  await using space = await engineSpace();
  const step = uniqueSleep();
  space.write({ "slow/Dockerfile": `FROM scratch\nCOPY sh /bin/sh\nRUN echo begun; ${step}\n` });
  Deno.copyFileSync(space.path("ctx/sh"), space.path("slow/sh"));
  const running = space.fairlead(["build", "--network=host", "--progress=plain", "slow"]);
  const tasks = async () => (await space.engine.log()).includes(step);
  // The step runs as a process of its own; its command line is all that can be seen from here.
  const end = Date.now() + 30_000;
  while (!await hasProcess(step) && !await tasks()) {
    assert(Date.now() < end, "the step didn't begin");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await space.engine.kill();
  const { stderr } = await fails(running);
  assert.match(stderr, /^ERROR: failed to build: the connection to docker:\/\/ was lost/m);
  const after = await fails(space.fairlead(["build", "ctx"]));
  assert.match(
    after.stderr,
    /hint: start docker, or choose another daemon[^]*no engine at unix:.*/,
  );
});

test("docker: an engine that falls silent is reported as lost", async () => {
  await using space = await engineSpace();
  const step = uniqueSleep();
  space.write({ "slow/Dockerfile": `FROM scratch\nCOPY sh /bin/sh\nRUN echo begun; ${step}\n` });
  Deno.copyFileSync(space.path("ctx/sh"), space.path("slow/sh"));
  const { signal } = new AbortController();
  const client = await connect({
    registry: createRegistry(transports),
    endpoint: `docker://?host=${space.engine.address}`,
    tls: {},
    context: context(signal),
  });
  const mounts = new Map(["context", "dockerfile"].map((name) => [name, space.path("slow")]));
  const request = dockerfileRequest({
    attrs: { "force-network-mode": "host" },
    entitlements: ["network.host"],
  });
  let stopped = false;
  const onStatus = ({ logs }: { readonly logs: readonly unknown[] }) => {
    if (logs.length === 0 || stopped) return;
    stopped = true;
    Deno.kill(space.engine.pid, "SIGSTOP");
  };
  try {
    const services = [health, fileSync(mounts, () => ({}))];
    // Health is checked every 5 s, and the calls come only on the session's connection.
    const built = solve(client, request, { services, onStatus, signal, silence: 12_000 });
    await assert.rejects(built, (error) => {
      assert(error instanceof ConnectionLost, String(error));
      assert.match(error.message, /docker:.* during build .*: nothing came from it for 12 s$/);
      return true;
    });
    assert(stopped);
  } finally {
    Deno.kill(space.engine.pid, "SIGCONT");
    await client.close();
  }
});

/** A command that no other test runs, so that its process is known. */
function uniqueSleep(): string {
  return `sleep ${1_000_000 + crypto.getRandomValues(new Uint32Array(1))[0]! % 1_000_000}`;
}

async function hasProcess(command: string): Promise<boolean> {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (line.replaceAll("\0", " ").trim() === command) return true;
  }
  return false;
}
