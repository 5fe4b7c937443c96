/** Images into docker, podman and containerd, from a daemon that belongs to none of them. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { startContainerd } from "../harness/containerd.ts";
import { dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { startPodman } from "../harness/podman.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { fails, succeeds } from "../harness/ended.ts";

const reason = needsRoot() ??
  await missing("buildkitd", "buildctl", "runc", "busybox", "docker-registry", "containerd");
const address = reason === undefined ? (await sharedBuildkitd()).address : "";

/** A context with a program, under names that are this test's own. */
async function context(space: Workspace): Promise<void> {
  space.write({
    "ctx/Dockerfile": "FROM scratch\nCOPY sh /bin/sh\nCOPY file /\n",
    "ctx/file": crypto.randomUUID(),
  });
  Deno.copyFileSync(await need("busybox"), space.path("ctx/sh"));
}

async function builds(space: Workspace, env: Record<string, string>, ...args: string[]) {
  const { stderr } = await succeeds(
    space.fairlead(["build", "--progress=plain", ...args, "ctx"], env),
  );
  return stderr;
}

async function refuses(space: Workspace, env: Record<string, string>, output: string) {
  const { stderr } = await fails(space.fairlead(["build", "-o", output, "ctx"], env));
  return stderr;
}

for (const engine of ["bookworm", "trixie", "sid"] as const) {
  Deno.test({
    name: `an image that docker (Debian ${engine}) has already is only named`,
    ignore: skip(reason ?? (await dockerEngine(engine)).reason, { optional: engine === "sid" }),
  }, async () => {
    await using docker = await startDockerd({ engine });
    await using space = await workspace(address);
    await context(space);
    const env = { DOCKER_HOST: docker.address };
    const first = await builds(space, env, "--load", "-t", "a/b:1", "--iidfile=id");
    ok(!/nothing is sent/.test(first));
    const again = await builds(space, env, "--load", "-t", "a/b:2", "-t", "c", "--iidfile=id2");
    match(again, /docker already has the image: nothing is sent/);
    equal(space.read("id2"), space.read("id"));
    for (const name of ["a/b:1", "a/b:2", "c"]) {
      const { stdout } = await docker.docker("images", "-q", "--no-trunc", name);
      equal(stdout.trim(), space.read("id"), name);
    }
    const loads = await docker.docker(
      ...["events", "--since=1", `--until=${Math.ceil(Date.now() / 1000)}`],
      ...["--filter=event=load", "--format={{.Action}}"],
    );
    equal(loads.stdout, "load\n", "one image was loaded, once");
    await docker.docker("rmi", "a/b:1", "a/b:2", "c");
    const gone = await builds(space, env, "--load", "-t", "a/b:1");
    equal(/nothing is sent/.test(gone), false, "an image that was removed is sent again");
  });
}

Deno.test({
  name: "load=podman loads by podman's service, under full names",
  ignore: skip(reason ?? await missing("podman")),
}, async () => {
  await using podman = await startPodman();
  await using space = await workspace(address);
  await context(space);
  const env = { CONTAINER_HOST: podman.address };
  const names = async () =>
    (await podman.podman("images", "--format={{.Repository}}:{{.Tag}}")).stdout.trim().split("\n")
      .sort();
  const output = "type=docker,load=podman";
  const first = await builds(space, env, "-o", output, "-t", "a/b:1", "-t", "c", "--iidfile=id");
  match(first, /importing to podman/);
  deepEqual(await names(), ["docker.io/a/b:1", "docker.io/library/c:latest"]);
  const id = await podman.podman("images", "-q", "--no-trunc", "docker.io/a/b:1");
  equal(id.stdout.trim(), space.read("id"));
  const run = ["run", "--rm", "--network=none", "docker.io/a/b:1"];
  const ran = await podman.podman(...run, "/bin/sh", "-c", "read a </file; echo $a");
  equal(ran.stdout.trim(), space.read("ctx/file"));

  const again = await builds(space, env, "-o", output, "-t", "a/b:2");
  match(again, /podman already has the image: nothing is sent/);
  deepEqual(await names(), ["docker.io/a/b:1", "docker.io/a/b:2", "docker.io/library/c:latest"]);
  const socket = podman.address.slice("unix://".length);
  await builds(space, {}, "-o", `${output},socket=${socket}`, "-t", "by/path:1");

  match(
    await refuses(space, {}, `${output},socket=${space.path("none")}`),
    /hint: start podman's service[^]*into podman: .* no such socket/,
  );
  match(
    await refuses(space, env, `${output},namespace=x`),
    /namespace has no effect with load=podman/,
  );
  const several = await fails(space.fairlead(
    ["build", "-o", output, "--platform=linux/amd64,linux/arm64", "ctx"],
    env,
  ));
  match(several.stderr, /does not currently support exporting manifest lists/);
});

Deno.test({
  name: "load=containerd stores and names the image, and a container can run it",
  ignore: skip(reason),
}, async (t) => {
  await using containerd = await startContainerd();
  await using space = await workspace(address);
  await context(space);
  const env = { CONTAINERD_ADDRESS: containerd.socket };
  const output = "type=docker,load=containerd";
  const ctr = async (...args: string[]) => (await containerd.ctr("default", ...args)).stdout;
  /** containerd deletes content without a reference. */
  const collect = async () => {
    await ctr("leases", "create", "--id", "none");
    await ctr("leases", "delete", "--sync", "none");
  };

  await t.step("an image, with two names", async () => {
    await builds(space, env, "-o", output, "-t", "a/b:1", "-t", "c", "--iidfile=id");
    await collect();
    equal(await ctr("images", "ls", "-q"), "docker.io/a/b:1\ndocker.io/library/c:latest\n");
    match(await ctr("images", "check"), /docker\.io\/a\/b:1 .* complete \(3\/3\)/);
    equal(await ctr("leases", "ls", "-q"), "", "no lease is left");
    const ran = await ctr(
      ...["run", "--rm", "docker.io/a/b:1", "x1", "/bin/sh", "-c", "read a </file; echo $a"],
    );
    equal(ran.trim(), space.read("ctx/file"));
  });

  await t.step("the socket as a URL, and an empty namespace", async () => {
    const url = { CONTAINERD_ADDRESS: `unix://${containerd.socket}` };
    await builds(space, url, "-o", `${output},namespace=`, "-t", "url");
    match(await ctr("images", "ls", "-q"), /^docker\.io\/library\/url:latest$/m);
    await ctr("images", "rm", "docker.io/library/url:latest");
  });

  await t.step("another image takes the name", async () => {
    const target = async () => /docker\.io\/a\/b:1 +\S+ +(\S+)/.exec(await ctr("images", "ls"))![1];
    const before = await target();
    space.write({ "ctx/file": crypto.randomUUID() });
    await builds(space, env, "-o", output, "-t", "a/b:1");
    ok(await target() !== before);
  });

  await t.step("an index: platforms and attestations", async () => {
    const index = ["--platform=linux/amd64,linux/arm64", "--provenance=mode=max"];
    await builds(space, env, "-o", output, "-t", "multi", ...index);
    await collect();
    const blobs = (await ctr("content", "ls", "-q")).split("\n");
    for (const digest of await below(ctr, "docker.io/library/multi:latest")) {
      ok(blobs.includes(digest), `${digest} was let go`);
    }
  });

  await t.step("a namespace of one's own", async () => {
    await builds(space, env, "-o", `${output},namespace=k8s.io`, "-t", "d:1");
    const { stdout } = await containerd.ctr("k8s.io", "images", "ls", "-q");
    equal(stdout, "docker.io/library/d:1\n");
    await builds(space, { ...env, CONTAINERD_NAMESPACE: "mine" }, "-o", output, "-t", "d:1");
    equal((await containerd.ctr("mine", "images", "ls", "-q")).stdout, "docker.io/library/d:1\n");
  });

  await t.step("a build that fails leaves nothing", async () => {
    space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY nothing /\n" });
    const before = await ctr("images", "ls", "-q");
    match(await refuses(space, env, output), /"\/nothing": not found/);
    equal(await ctr("images", "ls", "-q"), before);
    equal(await ctr("leases", "ls", "-q"), "");
  });

  await t.step("impossible requests are refused", async () => {
    const refused = (more: string, host = env) => refuses(space, host, output + more);
    match(
      await refused(`,socket=${space.path("none")}`),
      /hint: start cont[^]*into containerd: .* no such socket/,
    );
    match(await refused(",context=x"), /context has no effect with load=containerd/);
    const two = await fails(space.fairlead(
      ["build", "-o", output, "-o", "type=oci,tar=false,dest=o", "ctx"],
      env,
    ));
    match(two.stderr, /the daemon accepts one such store/);
    match(
      await refuses(space, env, "type=docker,load=rkt"),
      /hint: load must be[^]*cannot load into "rkt"/,
    );
  });
});

/** The digests of everything that an image's index refers to, at all levels. */
async function below(
  ctr: (...args: string[]) => Promise<string>,
  name: string,
): Promise<string[]> {
  const top = new RegExp(`${name} +\\S+ +(\\S+)`).exec(await ctr("images", "ls"))![1]!;
  const found = [top];
  const { manifests } = JSON.parse(await ctr("content", "get", top));
  for (const { digest } of manifests) {
    const { config, layers } = JSON.parse(await ctr("content", "get", digest));
    found.push(digest, config.digest, ...layers.map((layer: { digest: string }) => layer.digest));
  }
  return found;
}
