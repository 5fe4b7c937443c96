/** `--load` into a real Docker engine. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { openImageLoader } from "../../images/load/image_load.ts";
import { tarHeader } from "../../base/tar.ts";
import { programs, type Workspace, workspace } from "../build/workspace.ts";
import { makeCerts } from "../harness/certs.ts";
import { type Dockerd, dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { manualClock } from "../harness/manual_clock.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { randomBytes } from "../harness/random.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(
  needsRoot() ?? await missing("buildkitd", "buildctl", "runc", "busybox", "docker-registry") ??
    (await dockerEngine()).reason,
);
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const address = ignore ? "" : (await sharedBuildkitd()).address;

/** The id under which the engine has the image, as its own program prints it. */
async function idIn(engine: Dockerd): Promise<string> {
  return (await engine.docker("images", "-q", "--no-trunc", "a/b:1")).stdout.trim();
}

function context(space: Workspace): void {
  space.write({
    "ctx/Dockerfile": 'FROM scratch\nCOPY . /\nCMD ["/none"]\n',
    "ctx/file": crypto.randomUUID(),
  });
  Deno.writeFileSync(space.path("ctx/big"), randomBytes(32 << 20));
}

const load = (space: Workspace, env: Record<string, string>, args: string[] = []) =>
  space.fairlead(["build", "--load", "-t", "a/b:1", "--progress", "plain", ...args, "ctx"], env);

test("--load reaches an engine by a unix socket, TLS, docker's flags and a docker context", async () => {
  await using certs = await makeCerts();
  const { server, client, ca } = certs;
  await using engine = await startDockerd({ tls: { ...server, ca: ca.cert } });
  await using space = await workspace(address);
  context(space);

  const first = await succeeds(load(space, { DOCKER_HOST: engine.address }, ["--iidfile", "id"]));
  equal(await idIn(engine), space.read("id"));
  match(first.stderr, /importing to docker/);
  match(first.stderr, /loading layer [0-9a-f]{12} /);
  await engine.docker("create", "--name", "made", "a/b:1");
  const tar = await engine.docker("cp", "made:/file", "-");
  ok(tar.stdout.includes(space.read("ctx/file")));
  await engine.docker("rm", "made");
  await engine.docker("rmi", "a/b:1");

  Deno.mkdirSync(space.path("certs"));
  for (const [name, path] of [["ca", ca.cert], ["cert", client.cert], ["key", client.key]]) {
    Deno.copyFileSync(path!, space.path(`certs/${name}.pem`));
  }
  const tls = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: space.path("certs") };
  await succeeds(load(space, { DOCKER_HOST: engine.tcp, ...tls }));
  equal(await idIn(engine), space.read("id"));
  await engine.docker("rmi", "a/b:1");

  // As docker calls its plugins: its own flags before our name.
  const docker = ["-H", engine.tcp, "--tlsverify", "--tlscacert", ca.cert]
    .concat("--tlscert", client.cert, "--tlskey", client.key);
  const words = ["build", "--load", "-t", "a/b:1", "ctx"];
  const asPlugin = (flags: string[]) =>
    space.fairlead([...flags, "fairlead", ...words], {
      DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: "docker",
    });
  const stranger = await fails(asPlugin(
    docker.with(-1, certs.otherClient.key).with(-3, certs.otherClient.cert),
  ));
  match(stranger.stderr, /certificate/);
  await succeeds(asPlugin(docker));
  equal(await idIn(engine), space.read("id"));
  await engine.docker("rmi", "a/b:1");

  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("other"));
  const meta = { Name: "other", Metadata: {}, Endpoints: { docker: { Host: engine.address } } };
  space.write({
    [`.docker/contexts/meta/${new Uint8Array(digest).toHex()}/meta.json`]: JSON.stringify(meta),
  });
  await succeeds(load(space, { DOCKER_HOST: "", DOCKER_CONTEXT: "other" }));
  equal(await idIn(engine), space.read("id"));

  const several = await fails(load(space, { DOCKER_HOST: engine.address }, [
    "--platform",
    "linux/amd64,linux/arm64",
  ]));
  match(several.stderr, /docker exporter does not currently support exporting manifest lists/);
});

test("--load leaves in the daemon's cache what the peer's leaves: layers that can be pushed", async () => {
  await using engine = await startDockerd();
  await using space = await workspace(address);
  const layers: Record<string, unknown> = {};
  for (const program of programs) {
    const ctx = `${program}/ctx`;
    space.write({
      [`${ctx}/Dockerfile`]: "FROM scratch\nCOPY file /\n",
      [`${ctx}/file`]: crypto.randomUUID() + "a".repeat(100_000),
    });
    const build = ["build", "--provenance=false", ctx];
    await succeeds(space[program]([...build, "--load"], { DOCKER_HOST: engine.address }));
    // The daemon packs a layer once, as it is first asked to: whatever comes later gets the same.
    const output = `--output=type=oci,tar=false,dest=${program}`;
    await succeeds(space.buildx([...build, output]));
    const blob = (digest: string) =>
      JSON.parse(space.read(`${program}/blobs/${digest.replace(":", "/")}`));
    const index = JSON.parse(space.read(`${program}/index.json`));
    layers[program] = blob(index.manifests[0].digest).layers
      .map(({ mediaType }: { mediaType: string }) => mediaType);
  }
  deepEqual(layers["fairlead"], layers["buildx"]);
  deepEqual(layers["buildx"], ["application/vnd.oci.image.layer.v1.tar+gzip"]);
});

test("--load gives up an engine that stops, and waits for one that goes on", async () => {
  await using engine = await startDockerd();
  const { signal } = new AbortController();
  const dial = { signal, env: () => undefined, log: () => {}, step: () => {} };
  const target = { program: "docker", endpoint: { host: engine.address }, hint: "" } as const;
  const loader = await openImageLoader(target, dial);
  const block = new Uint8Array(65536);
  const sink = await loader.output([], { progress() {} }).open({});
  using clock = manualClock();
  try {
    await sink.write(tarHeader({ name: "big", mode: 0o644, size: 1 << 30 }));
    await sink.write(block);
    // Nothing comes from the daemon for a while: the engine can't help it.
    await clock.advance(60_000);
    for (let i = 0; i < 64; i++) await sink.write(block);
    Deno.kill(engine.pid, "SIGSTOP");
    const failed = rejects(async () => {
      for (let i = 0; i < 1024; i++) await sink.write(block);
    }, /^OutputError: .* has made no progress for 25 s, and doesn't answer any more$/);
    // While it works, it answers; the last question has no answer within its 10 s.
    const before = clock.started(10_000);
    while (clock.started(10_000) === before) await clock.advance(1000);
    await clock.advance(10_000);
    await failed;
  } finally {
    Deno.kill(engine.pid, "SIGCONT");
    await sink.abort("over");
  }
});
