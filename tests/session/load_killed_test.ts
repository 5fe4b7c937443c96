/** A load during which one of the two ends is killed: containerd, an engine, or fairlead itself. */
import { equal, match, ok, rejects } from "node:assert/strict";
import { dialContainerd } from "../../images/load/containerd/client.ts";
import { type Workspace, workspace } from "../build/workspace.ts";
import { until } from "../harness/daemon.ts";
import { startContainerd } from "../harness/containerd.ts";
import { dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { type Running, startFairlead } from "../harness/fairlead.ts";
import { eventually, manualClock } from "../harness/manual_clock.ts";
import { startProxy } from "../harness/proxy.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { randomBytes } from "../harness/random.ts";
import { fails, succeeds } from "../harness/ended.ts";

const reason = needsRoot() ??
  await missing("buildkitd", "buildctl", "runc", "busybox", "docker-registry", "containerd");
const address = reason === undefined ? (await sharedBuildkitd()).address : "";
/** It happens when so much of the image has come, and no more can. */
const part = 8 << 20;

function context(space: Workspace): void {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY . /\n", "ctx/id": crypto.randomUUID() });
  Deno.writeFileSync(space.path("ctx/big"), randomBytes(16 << 20));
}

/** Starts a build as a process, and waits for its load to be in the midst. */
async function loading(
  space: Workspace,
  proxy: { readonly bytes: { readonly up: number } },
  env: Record<string, string>,
  ...output: string[]
): Promise<Running> {
  const args = ["build", "--progress=plain", "-t", "a/b:1", ...output, "ctx"];
  const build = startFairlead(args, { cwd: space.dir, env: { ...space.env, ...env } });
  ok(await until(() => Promise.resolve(proxy.bytes.up >= part), 30_000), "nothing is loaded");
  return build;
}

async function kill({ child, ended }: Running): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

Deno.test({
  name: "load=containerd: containerd is killed, fairlead is killed",
  ignore: skip(reason),
}, async (t) => {
  const output = ["-o", "type=docker,load=containerd"];
  await t.step("containerd", async () => {
    await using containerd = await startContainerd();
    await using space = await workspace(address);
    context(space);
    const to = `unix://${containerd.socket}`;
    await using proxy = await startProxy({ to, listen: "unix", up: { stallAfter: part } });
    const env = { CONTAINERD_ADDRESS: proxy.address.slice("unix://".length) };
    const build = await loading(space, proxy, env, ...output);
    await containerd.kill();
    const { stderr } = await fails(build.ended);
    match(
      stderr,
      /^ERROR: failed to build: cannot load the image into containerd: containerd at \S+ dropped the connection$/m,
    );
  });
  await t.step("containerd is stopped and falls silent", async () => {
    await using containerd = await startContainerd();
    const to = `unix://${containerd.socket}`;
    await using proxy = await startProxy({ to, listen: "unix" });
    const socket = proxy.address.slice("unix://".length);
    const { signal } = new AbortController();
    const dial = { signal, env: () => undefined, log: () => {}, step: () => {} };
    using clock = manualClock();
    const calls = await dialContainerd({ socket, namespace: "default" }, dial);
    await calls.leased();
    // It is asked after ten looks without a byte, 11 s, and it answers: so its silence is none.
    for (let asked = 0; asked < 6; asked++) {
      const { down } = proxy.bytes;
      await clock.advance(11_000);
      await eventually(() => proxy.bytes.down > down);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await calls.release();
    Deno.kill(containerd.pid, "SIGSTOP");
    const lost = rejects(calls.release(), /nothing came from it for 25 s/);
    await clock.advance(26_000);
    await lost;
    Deno.kill(containerd.pid, "SIGCONT");
    calls.close();
  });
  await t.step(
    "fairlead: the next load lets go of what it held, and of nothing else",
    async () => {
      await using containerd = await startContainerd();
      await using space = await workspace(address);
      context(space);
      const ctr = async (...args: string[]) => (await containerd.ctr("default", ...args)).stdout;
      const to = `unix://${containerd.socket}`;
      const limits = { to, listen: "unix", up: { stallAfter: part } } as const;
      await using proxy = await startProxy(limits);
      await using other = await startProxy(limits);
      const env = (way: typeof proxy) => ({
        CONTAINERD_ADDRESS: way.address.slice("unix://".length),
      });
      await kill(await loading(space, proxy, env(proxy), ...output));
      proxy.cut();
      const orphan = (await ctr("leases", "ls", "-q")).trim();
      match(orphan, /^fairlead-\S+$/);
      // Another one is under way, and keeps its own.
      const running = await loading(space, other, env(other), ...output);
      const left = (await ctr("leases", "ls", "-q")).trim();
      match(left, /^fairlead-\S+$/);
      ok(left !== orphan);
      // Not the same blob: containerd would have it wait for the other one's.
      context(space);
      await succeeds(space.fairlead(
        ["build", "-t", "a/b:1", ...output, "ctx"],
        { CONTAINERD_ADDRESS: containerd.socket },
      ));
      equal((await ctr("leases", "ls", "-q")).trim(), left);
      await kill(running);
    },
  );
});

for (const engine of ["bookworm", "trixie"] as const) {
  Deno.test({
    name: `--load: docker (Debian ${engine}) is killed, fairlead is killed`,
    ignore: skip(reason ?? (await dockerEngine(engine)).reason),
  }, async (t) => {
    for (const victim of ["docker", "fairlead"]) {
      await t.step(victim, async () => {
        await using docker = await startDockerd({ engine });
        await using space = await workspace(address);
        context(space);
        await using proxy = await startProxy({ to: docker.address, up: { stallAfter: part } });
        const build = await loading(space, proxy, { DOCKER_HOST: proxy.address }, "--load");
        if (victim === "docker") {
          await docker.kill();
          const { stderr } = await fails(build.ended);
          match(stderr, /^ERROR: .*cannot load the image into docker: .* ended$/m);
          return;
        }
        await kill(build);
        proxy.cut();
        const temporary = () => [...Deno.readDirSync(`${docker.root}/data/tmp`)];
        ok(
          await until(() => Promise.resolve(temporary().length === 0), 10_000),
          "the engine keeps a part of the image",
        );
        equal((await docker.docker("images", "--all", "--quiet")).stdout, "");
      });
    }
  });
}
