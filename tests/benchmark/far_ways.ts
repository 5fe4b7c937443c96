/** The ways to a daemon behind a long and narrow link (`far_link.ts`). */
import { startBuildkitd } from "../harness/buildkitd.ts";
import { type Dockerd, startDockerd } from "../harness/dockerd.ts";
import { makeCerts } from "../harness/certs.ts";
import { makePod, sleeps } from "../harness/kube_pod.ts";
import { kubernetesMissing, startKubernetes } from "../harness/kubernetes.ts";
import { check } from "../harness/run.ts";
import { startSshd } from "../harness/sshd.ts";
import { need, onPath } from "../harness/tool.ts";
import { writeKubeconfig } from "../transports/kube_cluster.ts";
import { type FarLink, startFarLink } from "./far_link.ts";

/** A way through the link. */
export interface FarWay {
  readonly name: "tcp" | "tls" | "ssh" | "kube-pod";
  /** Builders of buildx: one with one node, and one with ten nodes. */
  readonly builder: string;
  readonly ten: string;
  /** buildctl's options for the same daemon. */
  readonly buildctl: readonly string[];
}

/** All ways of this machine. */
export interface FarWays extends AsyncDisposable {
  readonly link: FarLink;
  readonly list: readonly FarWay[];
  /** A folder on the file system of the measurement. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** A Docker engine on this side of the link, started at the first call. */
  engine(): Promise<Dockerd>;
}

/** Nodes of the larger builder. */
const TEN = 10;

/**
 * @param wanted the names of the ways that are needed
 * @param before words before the proxy's command line
 */
export async function openFarWays(
  folder: string,
  wanted: ReadonlySet<string>,
  before: readonly string[],
): Promise<FarWays> {
  await using stack = new AsyncDisposableStack();
  const root = await Deno.makeTempDir({ dir: folder, prefix: "fairlead-far-" });
  stack.defer(() => Deno.remove(root, { recursive: true }));
  const bin = `${root}/bin`;
  await Deno.mkdir(bin);
  const certs = stack.use(await makeCerts());
  const tls = { ...certs.server, ca: certs.ca.cert };
  const daemon = stack.use(await startBuildkitd({ dir: folder, tcp: true }));
  const secure = stack.use(await startBuildkitd({ dir: folder, tcp: true, tls }));
  const env: Record<string, string> = {
    HOME: root,
    PATH: `${bin}:${Deno.env.get("PATH")}`,
    BUILDX_CONFIG: `${root}/buildx`,
    DOCKER_CONFIG: `${root}/docker`,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
    FAIRLEAD_CACHE: Deno.env.get("FAIRLEAD_CACHE") ?? `${root}/unpacked`,
    NO_COLOR: "1",
  };
  const addressOf = (url: string) => url.slice("tcp://".length);
  const targets = [addressOf(daemon.tcp), addressOf(secure.tcp)];

  const sshd = wanted.has("ssh") ? stack.use(await startSshd({ path: await pathOfTools() })) : null;
  targets.push(sshd === null ? targets[0]! : `127.0.0.1:${sshd.port}`);
  const pods = wanted.has("kube-pod") && await kubernetesMissing() === undefined &&
    await onPath("kubectl") !== undefined;
  const cluster = pods ? stack.use(await startKubernetes()) : null;
  targets.push(cluster === null ? targets[0]! : new URL(cluster.server).host);

  const addresses = targets.flatMap((target) => Array<string>(TEN).fill(target));
  const link = stack.use(await startFarLink(addresses, before));
  let engine: Promise<Dockerd> | undefined;
  stack.defer(async () => await (await engine)?.stop());
  const portsOf = (at: number) => link.ports.slice(at * TEN, (at + 1) * TEN);
  const buildx = await need("buildx");
  const list: FarWay[] = [];
  const add = async (
    name: FarWay["name"],
    endpoints: readonly string[],
    options: Readonly<Record<string, string>> = {},
  ) => {
    const words = Object.entries(options).map(([key, path]) => `--driver-opt=${key}=${path}`);
    const create = ["create", "--driver=remote", ...words];
    await check(buildx, [...create, `--name=${name}`, endpoints[0]!], { env: { ...env } });
    for (const endpoint of endpoints) {
      const more = endpoint === endpoints[0] ? [] : ["--append"];
      await check(buildx, [...create, `--name=${name}10`, ...more, endpoint], { env: { ...env } });
    }
    list.push({
      name,
      builder: name,
      ten: `${name}10`,
      buildctl: [
        `--addr=${endpoints[0]}`,
        ...Object.entries(options).map(([key, path]) => `--tls${key}=${path}`),
      ],
    });
  };
  await link.set({ rttMs: 0, mbit: 0 });
  if (wanted.has("tcp")) await add("tcp", portsOf(0).map((port) => `tcp://127.0.0.1:${port}`));
  if (wanted.has("tls")) {
    const options = { cacert: certs.ca.cert, ...certs.client };
    await add("tls", portsOf(1).map((port) => `tcp://127.0.0.1:${port}`), options);
  }
  if (sshd !== null) {
    const ports = portsOf(2);
    await Deno.mkdir(`${root}/.ssh`);
    const known = ports.flatMap((port) =>
      sshd.hostKeys.map((key) => `[127.0.0.1]:${port} ${key}\n`)
    );
    await Deno.writeTextFile(`${root}/known_hosts`, known.join(""));
    const config = [
      `IdentityFile ${sshd.key}`,
      "IdentitiesOnly yes",
      `UserKnownHostsFile ${root}/known_hosts`,
    ];
    await Deno.writeTextFile(`${root}/.ssh/config`, `${config.join("\n")}\n`);
    // ssh looks for its configuration in the home of passwd(5), whatever HOME says.
    const line = `exec ${await need("ssh")} -F ${root}/.ssh/config "$@"`;
    await Deno.writeTextFile(`${bin}/ssh`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    const endpoint = (port: number) => `ssh://${sshd.user}@127.0.0.1:${port}${daemon.socket}`;
    await add("ssh", ports.map(endpoint));
  }
  if (cluster !== null) {
    const server = `https://127.0.0.1:${portsOf(3)[0]}`;
    const part = { server, "certificate-authority": cluster.certs.ca.cert };
    env["KUBECONFIG"] = await writeKubeconfig(cluster, { cluster: part });
    const folder = daemon.socket.slice(0, daemon.socket.lastIndexOf("/"));
    const relay = { ...sleeps, env: { BUILDKIT_HOST: "unix:///peer/s" }, folder };
    const names = Array.from({ length: TEN }, (_, at) => `bench${at}`);
    await Promise.all(
      names.map((name) => makePod(cluster.api, { name, containers: { main: relay } })),
    );
    await add("kube-pod", names.map((name) => `kube-pod://${name}`));
  }
  const all = stack.move();
  return {
    link,
    list,
    root,
    env,
    engine: () => engine ??= startDockerd({ dir: folder }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** PATH of the far side's shells, where the peers start `buildctl`. */
async function pathOfTools(): Promise<string> {
  const buildctl = await need("buildctl");
  return `${buildctl.slice(0, buildctl.lastIndexOf("/"))}:${Deno.env.get("PATH")}`;
}
