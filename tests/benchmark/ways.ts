/**
 * The transports compared: all three programs reach one daemon in several ways. fairlead speaks
 * each protocol itself; buildctl and buildx start a helper program for anything but a socket.
 */
import { dockerEngineOf, importBuildkit } from "../transports/containers.ts";
import { buildkitImage } from "../harness/buildkit_image.ts";
import { dockerEngine, startDockerd } from "../harness/dockerd.ts";
import { podImage } from "../harness/kube_containerd.ts";
import { startControllers } from "../harness/kube_controllers.ts";
import { kubernetesMissing, startKubernetes } from "../harness/kubernetes.ts";
import { check } from "../harness/run.ts";
import { need, onPath } from "../harness/tool.ts";
import { writeKubeconfig } from "../transports/kube_cluster.ts";
import { configureSsh, makeRelayPod, openAway, sshdForPeers } from "./away.ts";

/** A way to the daemon. */
export interface Way {
  readonly name: string;
  /** The helper program that the peers need; empty for none. */
  readonly helper: string;
  readonly endpoint: string;
  /** An existing builder of buildx, which buildctl can't use. */
  readonly builder?: string;
  /** Driver options of TLS. */
  readonly tls?: Readonly<Record<string, string>>;
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
  const away = await openAway("/dev/shm", stack);
  const { root, env, daemon, secure, tls } = away;
  const absent: string[] = [];
  const list: Way[] = [
    { name: "unix", helper: "", endpoint: daemon.address },
    { name: "tcp", helper: "", endpoint: daemon.tcp },
    { name: "tcp, mutual TLS", helper: "", endpoint: secure.tcp, tls },
  ];

  if (await onPath("ssh") === undefined) absent.push("ssh: no ssh program for the peers");
  else {
    const sshd = await sshdForPeers(stack);
    await configureSsh(away, sshd, sshd.knownHosts);
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
    await Deno.symlink(`${engine}/usr/bin/docker`, `${root}/bin/docker`);
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
    if (kubectl === undefined) absent.push("kube-pod: no kubectl for the peers");
    else {
      // The daemon stays the same one here, too.
      await makeRelayPod(cluster.api, "bench", away);
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
