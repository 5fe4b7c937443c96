/** Builders of the driver podman-container on podman's own service. */
import { equal, match } from "node:assert/strict";
import {
  type Workspace,
  workspaceWithoutBuilder,
  writeRunningContext,
} from "../build/workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";
import {
  type Podman,
  rootlessMissing,
  startPodman,
  startRootlessPodman,
} from "../harness/podman.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { importDaemon } from "../transports/containers.ts";

const ignore = skip(
  needsRoot() ?? await missing("podman", "runc", "busybox", "buildkitd", "buildctl", "buildx"),
);
const container = "buildx_buildkit_pod0";
const image = "localhost/made-daemon";
const create = ["create", "--name", "pod", "--driver", "podman-container", "--use"]
  .concat("--driver-opt", `image=${image},network=host`);

/** A workspace without a builder, whose engine is podman with an image that starts buildkitd. */
async function podmanSpace(podman: Podman): Promise<Workspace> {
  await importDaemon({ root: podman.root, run: podman.podman }, image);
  return await workspaceWithoutBuilder({ CONTAINER_HOST: podman.address });
}

const okIn = ({ fairlead }: Workspace) => async (...args: string[]) =>
  await succeeds(fairlead(args));

Deno.test({ name: "podman-container: made, used, stopped and removed", ignore }, async (t) => {
  const podman = await startPodman();
  await using _ = { [Symbol.asyncDispose]: () => podman.stop() };
  await using space = await podmanSpace(podman);
  await writeRunningContext(space);
  const ok = okIn(space);
  const containers = async () =>
    (await podman.podman("ps", "-a", "--format", "{{.Names}} {{.State}}")).stdout.trim();
  await t.step("the first build boots it, and the next one uses it", async () => {
    equal((await ok(...create)).stdout, "pod\n");
    equal(await containers(), "");
    match((await ok("ls")).stdout, /podman-container/);
    const { stderr } = await ok("build", "--progress=plain", "--network=host", "ctx");
    match(stderr, /\[internal\] booting buildkit/);
    match(stderr, /it ran as 42/);
    match(await containers(), new RegExp(`^${container} (running|Up)`));
    match((await ok("inspect")).stdout, /^Status: +running$/m);
    match((await ok("build", "--progress=plain", "--network=host", "ctx")).stderr, /CACHED/);
  });

  await t.step("buildx shows its other builders, and this one with an error", async () => {
    const { stdout } = await succeeds(space.buildx(["ls"]));
    match(stdout, /pod/);
  });

  await t.step("stopped, started, lost and made again with its cache", async () => {
    await ok("stop");
    match(await containers(), new RegExp(`^${container} (exited|Exited)`));
    match(
      (await space.fairlead(["ls"])).stderr,
      /start it: fairlead inspect --bootstrap pod, or podman/,
    );
    await ok("inspect", "--bootstrap");
    await podman.podman("rm", "-f", container);
    const { stderr } = await ok("build", "--progress=plain", "--network=host", "ctx");
    match(stderr, /CACHED/);
  });

  await t.step("removed, with its volume", async () => {
    await ok("rm", "pod");
    equal(await containers(), "");
    equal((await podman.podman("volume", "ls", "-q")).stdout.trim(), "");
  });

  await t.step("what can't be: an address, an option, no service", async () => {
    const bad = await space.fairlead([...create, "podman.sock"]);
    match(
      bad.stderr,
      /failed to parse endpoint podman\.sock: it is not the address of a podman service/,
    );
    const option = await space.fairlead([...create, "--driver-opt", "memry=1g"]);
    match(option.stderr, /invalid driver option memry for podman-container driver/);
    const absent = await fails(space.fairlead([...create, "unix:///no/podman"]));
    match(absent.stderr, /failed to initialize builder pod \(pod0\): cannot reach/);
    match(absent.stderr, /start podman's service there/);
    equal((await space.fairlead(["inspect", "pod"])).code, 1);
  });
});

const rootless = ignore || skip(await rootlessMissing(), { optional: true });
Deno.test(
  { name: "podman-container: rootless, with a single user id", ignore: rootless },
  async () => {
    const podman = await startRootlessPodman();
    await using _ = { [Symbol.asyncDispose]: () => podman.stop() };
    await using space = await podmanSpace(podman);
    const ok = okIn(space);
    const info = await podman.podman("info", "--format", "{{.Host.Security.Rootless}}");
    equal(info.stdout, "true\n");
    space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY a /b\n", "ctx/a": "copied" });
    await ok(...create, "--buildkitd-flags", "--oci-worker-snapshotter=native");
    match((await ok("inspect", "--bootstrap")).stdout, /^Status: +running$/m);
    await ok("build", "-o", "out", "ctx");
    equal(space.read("out/b"), "copied");
    match((await ok("ls", "--timeout=30s")).stdout, /pod0 .* running +v0/);
    await ok("stop");
    match((await ok("ls", "--timeout=30s")).stdout, /pod0 .* stopped/);
    await ok("build", "-o", "again", "ctx");
    equal(space.read("again/b"), "copied");
    await ok("rm", "pod");
    equal((await podman.podman("ps", "-aq")).stdout, "");
    equal((await podman.podman("volume", "ls", "-q")).stdout, "");
  },
);
