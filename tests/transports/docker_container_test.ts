/** `docker-container` on a real engine. */
import assert from "node:assert/strict";
import { dockerContainer } from "../../transports/schemes/docker_container.ts";
import { DialError, type DialErrorCode, StreamLost } from "../../transports/errors.ts";
import type { DialContext } from "../../transports/transport.ts";
import { buildkitImage } from "../harness/buildkit_image.ts";
import { makeCerts } from "../harness/certs.ts";
import { until } from "../harness/daemon.ts";
import { dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { checkFairlead, fairleadCommand } from "../harness/fairlead.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { makeKey, startSshd } from "../harness/sshd.ts";
import { join } from "../../transports/net/relay.ts";
import { streamOf } from "../../transports/byte_stream.ts";
import { missing, need } from "../harness/tool.ts";
import { soon } from "../../transports/contract/expect.ts";
import { context } from "./contract_help.ts";
import { dockerEngineOf, importBuildkit, startPeerContainer } from "./containers.ts";
import { contract, DIAL_STDIO_CANNOT } from "./contract.ts";
import { accept } from "../harness/accept.ts";

const reason = needsRoot() ??
  await missing("containerd", "runc", "busybox", "buildkitd", "buildctl") ??
  (await dockerEngine()).reason;

if (!skip(reason)) {
  const dockerd = await startDockerd();
  addEventListener("unload", () => void dockerd.stop());
  const engine = dockerEngineOf(dockerd);
  await importBuildkit(engine);
  const config = `${dockerd.root}/config`;
  const on = (host: string, inner = context()): DialContext => ({
    ...inner,
    env: (name) => name === "DOCKER_HOST" ? host : name === "DOCKER_CONFIG" ? config : undefined,
  });
  const dial = (endpoint: string, inner?: DialContext) =>
    dockerContainer.dial(dockerContainer.parse(endpoint), on(dockerd.address, inner));

  /** A context whose engine takes connections and says nothing. */
  const silentEngine = async () => {
    const name = "silent";
    const path = `${dockerd.root}/silent`;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
    const folder = `${config}/contexts/meta/${new Uint8Array(digest).toHex()}`;
    await Deno.mkdir(folder, { recursive: true });
    const meta = { Name: name, Endpoints: { docker: { Host: `unix://${path}` } } };
    await Deno.writeTextFile(`${folder}/meta.json`, JSON.stringify(meta));
    const listener = Deno.listen({ transport: "unix", path });
    return {
      endpoint: `docker-container://x?context=${name}`,
      [Symbol.asyncDispose]() {
        listener.close();
        return Promise.resolve();
      },
    };
  };

  contract("docker-container", {
    dial,
    start: () => startPeerContainer(engine, "docker-container"),
    cannot: DIAL_STDIO_CANNOT,
    hang: silentEngine,
    dead: [
      ["docker-container://nobody", /no container "nobody" at unix:\/\//],
      ["docker-container://nobody?context=none", /docker context "none" not found$/],
    ],
  });

  /** Dials, and reads until the expected error. */
  const fails = async (name: string, expected: RegExp, code: DialErrorCode, host?: string) => {
    const spec = dockerContainer.parse(`docker-container://${name}`);
    await assert.rejects(
      soon(
        (async () => {
          const { stream } = await dockerContainer.dial(spec, on(host ?? dockerd.address));
          try {
            await stream.read(new Uint8Array(100));
          } finally {
            stream.close();
          }
        })(),
        "the error",
        10_000,
      ),
      (error) => {
        assert(error instanceof DialError, String(error));
        assert.match(`${error.message}; ${error.hint}`, expected);
        assert.match(error.message, /^cannot reach docker-container:\/\//);
        assert.equal(error.code, code);
        return true;
      },
    );
  };
  const runs = (name: string, ...options: string[]) =>
    engine.run("run", "-d", "--name", name, "--network=none", ...options, buildkitImage);

  Deno.test("docker-container: containers without a daemon have an error of their own", async (t) => {
    await runs("builder");
    await t.step(
      "a name mistyped",
      () => fails("bulider", /no container "bulider" .*did you mean "builder"\?$/, "not-found"),
    );
    await t.step(
      "another name",
      () => fails("x", /no container "x" .*running are (.*, )?builder(,|$)/, "not-found"),
    );
    await t.step(
      "no daemon in it",
      () =>
        fails(
          "builder",
          /failed with exit code 1: .*buildkitd\.sock.*docker logs builder$/s,
          "unreachable",
        ),
    );
    await engine.run("exec", "builder", "rm", "/bin/buildctl");
    await t.step(
      "no buildctl in it",
      () => fails("builder", /container builder has no buildctl; use an image/, "unsupported"),
    );
    await t.step("an id that could be several", async () => {
      const ids = (await engine.run("ps", "-aq", "--no-trunc")).stdout.trim().split("\n");
      const starts = ids.map((id) => id[0]!);
      while (new Set(starts).size === starts.length) {
        starts.push((await engine.run("create", buildkitImage)).stdout[0]!);
      }
      const twice = starts.find((start, at) => starts.indexOf(start) !== at)!;
      const expected = new RegExp(
        `several containers .* "${twice}"; give the container's name, or`,
      );
      await fails(twice, expected, "config");
    });
    await engine.run("pause", "builder");
    await t.step(
      "paused",
      () => fails("builder", /is paused; resume it: docker unpause builder$/, "unreachable"),
    );
    await engine.run("unpause", "builder");
    await engine.run("kill", "builder");
    await t.step(
      "stopped",
      () =>
        fails("builder", /not running \(exited\); start it: docker start builder$/, "unreachable"),
    );
    await runs("again", "--restart=always", "--entrypoint=false");
    const isRestarting = async () =>
      (await engine.run("inspect", "-f", "{{.State.Status}}", "again")).stdout === "restarting\n";
    assert(await until(isRestarting, 20_000));
    await t.step(
      "started again and again",
      () => fails("again", /again restarts again and again: .*docker logs again$/, "unreachable"),
    );
    await engine.run("rm", "-f", "again");
    await engine.run("create", "--name", "fresh", buildkitImage);
    await t.step(
      "never started",
      () => fails("fresh", /not running \(created\); start it: docker start fresh$/, "unreachable"),
    );
  });

  Deno.test("docker-container: engines that can't be reached have an error of their own", async (t) => {
    await t.step(
      "none",
      () =>
        fails(
          "x",
          /no engine at unix:\/\/\S+\/none: no such socket; start docker/,
          "not-found",
          `unix://${dockerd.root}/none`,
        ),
    );
    await t.step(
      "no such port",
      () =>
        fails(
          "x",
          /no engine at tcp:\/\/127.0.0.1:1: connection refused; start/,
          "unreachable",
          "tcp://127.0.0.1:1",
        ),
    );
    await t.step(
      "no such way",
      () => fails("x", /no engine at fd:\/\/3: .*; set DOCKER_HOST/, "config", "fd://3"),
    );
    await t.step("no port, a path, no host: the engine's address is named", async () => {
      await fails("x", /no engine at tcp:\S+: "99999" is not a port; a/, "config", "tcp://h:99999");
      await fails("x", /no engine at tcp:\S+: it has a path; write/, "config", "tcp://h:1/p");
      await fails("x", /no engine at ssh:\/\/: it has no host; write/, "config", "ssh://");
    });
    await t.step(
      "no address",
      () => fails("x", /invalid DOCKER_HOST: .*; write it as unix:/, "config", "ftp://x"),
    );
  });

  Deno.test({
    name: "docker-container: an engine behind ssh or TLS is reached",
    // The ssh connection waits for the next dial.
    sanitizeOps: false,
    sanitizeResources: false,
  }, async (t) => {
    const certs = await makeCerts();
    const { ca, server, client } = certs;
    await using other = await startDockerd({ tls: { ...server, ca: ca.cert } });
    await importBuildkit(dockerEngineOf(other));
    await using fixture = await startPeerContainer(dockerEngineOf(other), "docker-container");
    const reach = async (variables: Record<string, string>) => {
      const inner = { ...context(), env: (name: string) => variables[name] };
      const { stream } = await dockerContainer.dial(
        dockerContainer.parse(fixture.endpoint),
        inner,
      );
      await stream.write(new TextEncoder().encode("wait\n"));
      assert.equal(await stream.read(new Uint8Array(16)), 5);
      stream.close();
    };
    await t.step("ssh", async () => {
      await using sshd = await startSshd();
      const access = `identity=${sshd.key}&knownHosts=${sshd.knownHosts}`;
      const host = `ssh://root@127.0.0.1:${sshd.port}${other.socket}?${access}`;
      await reach({ DOCKER_HOST: host });
      await assert.rejects(
        reach({ DOCKER_HOST: host.replace(other.socket, "/nowhere") }),
        /no engine at ssh:.*can't reach the socket \/nowhere .*docker system dial-stdio failed/,
      );
    });
    await t.step("ssh with a key that isn't let in", async () => {
      await using sshd = await startSshd();
      const key = await makeKey(`${other.root}/stranger`);
      const access = `identity=${key}&knownHosts=${sshd.knownHosts}`;
      const host = `ssh://root@127.0.0.1:${sshd.port}${other.socket}?${access}`;
      await assert.rejects(reach({ DOCKER_HOST: host }), (error) => {
        assert(error instanceof DialError && error.code === "unauthenticated", String(error));
        assert.match(error.message, /no engine at ssh:.*the server refused user root/);
        return true;
      });
    });
    await t.step("plain TCP", async () => {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      await using _forwarding = accept(listener, async (conn) => {
        const engine = await Deno.connect({ transport: "unix", path: other.socket });
        await join(streamOf(conn), streamOf(engine));
      });
      await reach({ DOCKER_HOST: `tcp://127.0.0.1:${listener.addr.port}` });
    });
    await t.step("TLS", async () => {
      const folder = `${other.root}/certs`;
      await Deno.mkdir(folder);
      await Deno.copyFile(ca.cert, `${folder}/ca.pem`);
      await Deno.copyFile(client.cert, `${folder}/cert.pem`);
      await Deno.copyFile(client.key, `${folder}/key.pem`);
      const tls = { DOCKER_HOST: other.tcp, DOCKER_TLS_VERIFY: "1" };
      await reach({ ...tls, DOCKER_CERT_PATH: folder });
      await assert.rejects(
        reach({ DOCKER_HOST: other.tcp }),
        (error: DialError) =>
          /: it expects TLS, but the connection was not encrypted$/.test(error.message) &&
          /DOCKER_CERT_PATH/.test(error.hint!),
      );
      await Deno.remove(`${folder}/cert.pem`);
      await Deno.remove(`${folder}/key.pem`);
      await assert.rejects(
        reach({ ...tls, DOCKER_CERT_PATH: folder }),
        (error: DialError) =>
          /no engine at tcp:\S+: the daemon demands a client certificate$/.test(error.message) &&
          /DOCKER_CERT_PATH/.test(error.hint!),
      );
    });
    await Deno.remove(certs.dir, { recursive: true });
  });

  Deno.test("docker-container: the state of a container that is lost in mid-stream is reported", async () => {
    for (
      const [words, expected, hint] of [
        [
          ["kill"],
          /^container \S+ was ended by signal 9 \(exit code 137\)$/,
          /docker start peer\d/,
        ],
        [
          ["restart", "-t", "0"],
          /^container \S+ ended, and was started again$/,
          /docker logs peer/,
        ],
        [["rm", "-f"], /^container \S+ (was removed|was ended by signal 9 .*)$/, undefined],
      ] as const
    ) {
      const fixture = await startPeerContainer(engine, "docker-container");
      const { stream } = await dial(fixture.endpoint);
      await stream.write(new TextEncoder().encode("wait\n"));
      const buffer = new Uint8Array(16);
      assert.equal(await stream.read(buffer), 5);
      await engine.run(...words, fixture.endpoint.slice("docker-container://".length));
      await assert.rejects(soon(stream.read(buffer), "the error", 10_000), (error) => {
        assert(error instanceof StreamLost, String(error));
        assert.match(error.message, expected);
        if (hint !== undefined) assert.match(error.hint!, hint);
        return true;
      });
      stream.close();
      await fixture.peer.kill();
    }
  });

  Deno.test("docker-container: an engine that dies in mid-stream is reported", async () => {
    await using other = await startDockerd();
    await importBuildkit(dockerEngineOf(other));
    const fixture = await startPeerContainer(dockerEngineOf(other), "docker-container");
    const spec = dockerContainer.parse(fixture.endpoint);
    const { stream } = await dockerContainer.dial(spec, on(other.address));
    await stream.write(new TextEncoder().encode("wait\n"));
    const buffer = new Uint8Array(16);
    assert.equal(await stream.read(buffer), 5);
    await other.kill();
    await assert.rejects(
      soon(stream.read(buffer), "the error", 10_000),
      /the engine unix:.* dropped the connection/,
    );
    stream.close();
    await fixture.peer.kill();
  });

  Deno.test("docker-container: a real buildkitd in a container builds", async () => {
    const options = ["--network=host", "--privileged", "--name", "buildkitd"];
    const daemon = ["buildkitd", "--root=/var/lib/buildkit", "--oci-worker-snapshotter=native"];
    await engine.run("run", "-d", ...options, buildkitImage, ...daemon);
    const folder = `${dockerd.root}/context`;
    await Deno.mkdir(folder);
    await Deno.copyFile(await need("busybox"), `${folder}/sh`);
    const dockerfile = "FROM scratch\nCOPY sh /bin/sh\nRUN echo it ran as $((40 + 2))\n";
    await Deno.writeTextFile(`${folder}/Dockerfile`, dockerfile);
    const env = {
      BUILDKIT_HOST: "docker-container://buildkitd",
      DOCKER_HOST: dockerd.address,
      DOCKER_CONFIG: `${dockerd.root}/client`,
    };
    const { stderr } = await checkFairlead(["build", "--progress=plain", folder], env);
    assert.match(stderr, /it ran as 42/);
    const relays = async () =>
      (await engine.run("exec", "buildkitd", "ps")).stdout.match(/dial-stdio/g)?.length ?? 0;
    assert.equal(await relays(), 0, "nothing is left in the container");

    const [program, ...args] = fairleadCommand("dial-stdio");
    const child = new Deno.Command(program, { args, env, stdin: "piped", stdout: "piped" })
      .spawn();
    // The daemon speaks first: its HTTP/2 settings.
    const reader = child.stdout.getReader();
    await reader.read();
    assert.equal(await relays(), 1);
    child.kill("SIGKILL");
    await Promise.all([child.status, reader.cancel(), child.stdin.abort()]);
    const end = Date.now() + 30_000;
    while (await relays() > 0) assert(Date.now() < end, "the relay outlives fairlead");
  });
}
