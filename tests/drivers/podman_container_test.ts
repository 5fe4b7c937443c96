/** Builders of the driver podman-container on podman's own service. */
import { equal, match } from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { buildkitImage } from "../harness/buildkit_image.ts";
import {
  type Podman,
  rootlessMissing,
  startPodman,
  startRootlessPodman,
} from "../harness/podman.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { importBuildkit } from "../transports/containers.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(
  needsRoot() ?? await missing("podman", "runc", "busybox", "buildkitd", "buildctl", "buildx"),
);
const container = "buildx_buildkit_pod0";

/** Makes an image that starts buildkitd, as the one that is taken by default. */
async function importDaemon(podman: Podman): Promise<void> {
  await importBuildkit({ root: podman.root, run: podman.podman });
  await podman.podman("create", "--name", "first", buildkitImage);
  const changes = ["--change", 'ENTRYPOINT ["buildkitd"]', "--change", "CMD []"];
  await podman.podman("commit", ...changes, "first", "localhost/made-daemon");
  await podman.podman("rm", "first");
}

Deno.test({ name: "podman-container: made, used, stopped and removed", ignore }, async (t) => {
  const podman = await startPodman();
  await using space = await workspace("unix:///no/buildkitd");
  await using _ = { [Symbol.asyncDispose]: () => podman.stop() };
  await importDaemon(podman);
  Object.assign(space.env, { CONTAINER_HOST: podman.address, BUILDX_BUILDER: "" });
  Deno.removeSync(space.path(".store/instances/test"));
  space.write({
    "ctx/Dockerfile": "FROM scratch\nCOPY sh /bin/sh\nRUN echo it ran as $((40 + 2))\n",
  });
  Deno.copyFileSync(await need("busybox"), space.path("ctx/sh"));
  const ok = async (...args: string[]) => {
    const ran = await space.fairlead(args);
    equal(ran.code, 0, `${args.join(" ")}: ${ran.stderr}`);
    return ran;
  };
  const containers = async () =>
    (await podman.podman("ps", "-a", "--format", "{{.Names}} {{.State}}")).stdout.trim();
  const create = (...more: string[]) => [
    ...["create", "--name", "pod", "--driver", "podman-container", "--use"],
    ...["--driver-opt", "image=localhost/made-daemon,network=host", ...more],
  ];

  await t.step("the first build boots it, and the next one uses it", async () => {
    equal((await ok(...create())).stdout, "pod\n");
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
    const bad = await space.fairlead([...create(), "podman.sock"]);
    match(
      bad.stderr,
      /failed to parse endpoint podman\.sock: it is not the address of a podman service/,
    );
    const option = await space.fairlead(create("--driver-opt", "memry=1g"));
    match(option.stderr, /invalid driver option memry for podman-container driver/);
    const absent = await fails(space.fairlead([...create(), "unix:///no/podman"]));
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
    await using space = await workspace("unix:///no/buildkitd");
    await importDaemon(podman);
    equal(
      (await podman.podman("info", "--format", "{{.Host.Security.Rootless}}")).stdout,
      "true\n",
    );
    Object.assign(space.env, { CONTAINER_HOST: podman.address, BUILDX_BUILDER: "" });
    Deno.removeSync(space.path(".store/instances/test"));
    space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY a /b\n", "ctx/a": "copied" });
    const ok = async (...args: string[]) => {
      const ran = await space.fairlead(args);
      equal(ran.code, 0, `${args.join(" ")}: ${ran.stderr}`);
      return ran.stdout;
    };
    await ok(
      ...["create", "--name", "pod", "--driver", "podman-container", "--use"],
      ...["--driver-opt", "image=localhost/made-daemon,network=host"],
      ...["--buildkitd-flags", "--oci-worker-snapshotter=native"],
    );
    match(await ok("inspect", "--bootstrap"), /^Status: +running$/m);
    await ok("build", "-o", "out", "ctx");
    equal(space.read("out/b"), "copied");
    match(await ok("ls", "--timeout=30s"), /pod0 .* running +v0/);
    await ok("stop");
    match(await ok("ls", "--timeout=30s"), /pod0 .* stopped/);
    await ok("build", "-o", "again", "ctx");
    equal(space.read("again/b"), "copied");
    await ok("rm", "pod");
    equal((await podman.podman("ps", "-aq")).stdout, "");
    equal((await podman.podman("volume", "ls", "-q")).stdout, "");
  },
);
