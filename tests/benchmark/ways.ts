/**
 * The transports compared: all three programs reach one daemon in several ways. fairlead speaks
 * each protocol itself; buildctl and buildx start a helper program for anything but a socket.
 */
import { dockerEngineOf, importBuildkit } from "../transports/containers.ts";
import { buildkitImage } from "../harness/buildkit_image.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { makeCerts } from "../harness/certs.ts";
import { dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { denoDir } from "../harness/fairlead.ts";
import { podImage } from "../harness/kube_containerd.ts";
import { startControllers } from "../harness/kube_controllers.ts";
import { makePod, sleeps } from "../harness/kube_pod.ts";
import { kubernetesMissing, startKubernetes } from "../harness/kubernetes.ts";
import { check } from "../harness/run.ts";
import { startSshd } from "../harness/sshd.ts";
import { need, onPath } from "../harness/tool.ts";
import { writeKubeconfig } from "../transports/kube_cluster.ts";

/** A way to the daemon. */
export interface Way {
  readonly name: string;
  /** The helper program that the peers need; empty for none. */
  readonly helper: string;
  readonly endpoint: string;
  /** An existing builder of buildx, which buildctl can't use. */
  readonly builder?: string;
  /** Driver options of TLS. */
  readonly tls?: Readonly<Record<"cacert" | "cert" | "key", string>>;
}

/** All ways that this machine has. */
export interface Ways extends AsyncDisposable {
  readonly list: readonly Way[];
  /** The reason why other ways are missing here. */
  readonly absent: readonly string[];
  /** For all programs: a home of its own, the helpers in PATH. */
  readonly env: Readonly<Record<string, string>>;
}

export async function openWays(): Promise<Ways> {
  await using stack = new AsyncDisposableStack();
  const root = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "fairlead-ways-" });
  stack.defer(() => Deno.remove(root, { recursive: true }));
  const certs = stack.use(await makeCerts());
  const daemon = stack.use(await startBuildkitd({ dir: "/dev/shm", tcp: true }));
  const tls = { ...certs.server, ca: certs.ca.cert };
  const secure = stack.use(await startBuildkitd({ dir: "/dev/shm", tcp: true, tls }));
  const absent: string[] = [];
  const bin = `${root}/bin`;
  const env: Record<string, string> = {
    HOME: root,
    PATH: `${bin}:${Deno.env.get("PATH")}`,
    BUILDX_CONFIG: `${root}/buildx`,
    DOCKER_CONFIG: `${root}/docker`,
    DENO_DIR: denoDir,
    NO_COLOR: "1",
  };
  await Deno.mkdir(bin);
  const list: Way[] = [
    { name: "unix", helper: "", endpoint: daemon.address },
    { name: "tcp", helper: "", endpoint: daemon.tcp },
    {
      name: "tcp, mutual TLS",
      helper: "",
      endpoint: secure.tcp,
      tls: { cacert: certs.ca.cert, ...certs.client },
    },
  ];

  const ssh = await onPath("ssh");
  if (ssh === undefined) absent.push("ssh: no ssh program for the peers");
  else {
    const buildctl = await need("buildctl");
    const path = `${buildctl.slice(0, buildctl.lastIndexOf("/"))}:${Deno.env.get("PATH")}`;
    const sshd = stack.use(await startSshd({ path }));
    await Deno.mkdir(`${root}/.ssh`);
    const config = [
      `IdentityFile ${sshd.key}`,
      "IdentitiesOnly yes",
      `UserKnownHostsFile ${sshd.knownHosts}`,
    ];
    await Deno.writeTextFile(`${root}/.ssh/config`, `${config.join("\n")}\n`);
    // ssh looks for its configuration in the home of passwd(5), whatever HOME says.
    await script(`${bin}/ssh`, `exec ${ssh} -F ${root}/.ssh/config "$@"`);
    const endpoint = `ssh://${sshd.user}@127.0.0.1:${sshd.port}${daemon.socket}`;
    list.push({ name: "ssh", helper: "ssh", endpoint });
  }

  const { path: engine, reason } = await dockerEngine();
  if (engine === undefined) absent.push(`docker-container: ${reason}`);
  else {
    const dockerd = stack.use(await startDockerd());
    await importBuildkit(dockerEngineOf(dockerd));
    const folder = daemon.socket.slice(0, daemon.socket.lastIndexOf("/"));
    // The daemon stays the same one: the container has its socket, and the real buildctl.
    const options = ["-e", "BUILDKIT_HOST=unix:///daemon/s", "-v", `${folder}:/daemon`];
    await dockerd.docker(
      ...["run", "-d", "--name", "bench", "--network=none", ...options, buildkitImage],
    );
    stack.defer(async () => void await dockerd.docker("kill", "bench"));
    await Deno.symlink(`${engine}/usr/bin/docker`, `${bin}/docker`);
    env["DOCKER_HOST"] = dockerd.address;
    list.push({
      name: "docker-container",
      helper: "docker exec",
      endpoint: "docker-container://bench",
    });
  }

  const kubectl = await onPath("kubectl");
  const unready = await kubernetesMissing();
  if (unready !== undefined) absent.push(`kube-pod: ${unready}`);
  else {
    const cluster = stack.use(await startKubernetes());
    env["KUBECONFIG"] = await writeKubeconfig(cluster);
    const folder = daemon.socket.slice(0, daemon.socket.lastIndexOf("/"));
    if (kubectl === undefined) absent.push("kube-pod: no kubectl for the peers");
    else {
      // The daemon stays the same one here, too.
      const relay = { ...sleeps, env: { BUILDKIT_HOST: "unix:///peer/s" }, folder };
      await makePod(cluster.api, { name: "bench", containers: { main: relay } });
      list.push({ name: "kube-pod", helper: "kubectl exec", endpoint: "kube-pod://bench" });
    }
    await using _ = startControllers(cluster.api);
    await makeDeployment(env);
    // buildx speaks to the API server itself, as fairlead does; the daemon is the pod's own.
    list.push({ name: "kubernetes driver", helper: "", endpoint: "", builder: DEPLOYED });
  }
  const all = stack.move();
  return { list, absent, env, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** A builder of buildx's kubernetes driver, and its node. */
const DEPLOYED = "deployed";

async function makeDeployment(env: Readonly<Record<string, string>>): Promise<void> {
  const buildx = await need("buildx");
  const options = { env: { ...env } };
  await check(buildx, [
    ...["create", "--name", DEPLOYED, "--node", `${DEPLOYED}0`, "--driver", "kubernetes"],
    ...["--driver-opt", `namespace=default,image=${podImage}`],
    ...["--buildkitd-flags", "--oci-worker-snapshotter=native --oci-worker-net=host"],
  ], options);
  await check(buildx, ["inspect", "--bootstrap", DEPLOYED], options);
}

async function script(path: string, line: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${line}\n`);
  await Deno.chmod(path, 0o755);
}
