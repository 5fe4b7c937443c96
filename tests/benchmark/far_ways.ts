/** The ways to a daemon behind a long and narrow link (`far_link.ts`). */
import { type Dockerd, startDockerd } from "../harness/dockerd.ts";
import { kubernetesMissing, startKubernetes } from "../harness/kubernetes.ts";
import { check } from "../harness/run.ts";
import { need, onPath } from "../harness/tool.ts";
import { writeKubeconfig } from "../transports/kube_cluster.ts";
import { configureSsh, driverOptions, makeRelayPod, openAway, sshdForPeers } from "./away.ts";
import { type FarLink, startFarLink } from "./far_link.ts";

/** A way through the link. */
export interface FarWay {
  readonly name: "tcp" | "tls" | "ssh" | "kube-pod";
  /** Builders of buildx: one with one node, and one with ten nodes. */
  readonly builder: string;
  readonly ten: string;
  /** The address of the same daemon for buildctl, and its options of TLS. */
  readonly addr: string;
  readonly tls: Readonly<Record<string, string>>;
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
  const away = await openAway(folder, stack);
  const { root, env, daemon, secure, tls } = away;
  const addressOf = (url: string) => url.slice("tcp://".length);
  const targets = [addressOf(daemon.tcp), addressOf(secure.tcp)];

  const sshd = wanted.has("ssh") ? await sshdForPeers(stack) : null;
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
    const create = ["create", "--driver=remote", ...driverOptions(options)];
    await check(buildx, [...create, `--name=${name}`, endpoints[0]!], { env: { ...env } });
    for (const endpoint of endpoints) {
      const more = endpoint === endpoints[0] ? [] : ["--append"];
      await check(buildx, [...create, `--name=${name}10`, ...more, endpoint], { env: { ...env } });
    }
    const [addr = ""] = endpoints;
    list.push({ name, builder: name, ten: `${name}10`, addr, tls: options });
  };
  await link.set({ rttMs: 0, mbit: 0 });
  if (wanted.has("tcp")) await add("tcp", portsOf(0).map((port) => `tcp://127.0.0.1:${port}`));
  if (wanted.has("tls")) {
    await add("tls", portsOf(1).map((port) => `tcp://127.0.0.1:${port}`), tls);
  }
  if (sshd !== null) {
    const ports = portsOf(2);
    const known = ports.flatMap((port) =>
      sshd.hostKeys.map((key) => `[127.0.0.1]:${port} ${key}\n`)
    );
    await Deno.writeTextFile(`${root}/known_hosts`, known.join(""));
    await configureSsh(away, sshd, `${root}/known_hosts`);
    const endpoint = (port: number) => `ssh://${sshd.user}@127.0.0.1:${port}${daemon.socket}`;
    await add("ssh", ports.map(endpoint));
  }
  if (cluster !== null) {
    const server = `https://127.0.0.1:${portsOf(3)[0]}`;
    const part = { server, "certificate-authority": cluster.certs.ca.cert };
    env["KUBECONFIG"] = await writeKubeconfig(cluster, { cluster: part });
    const names = Array.from({ length: TEN }, (_, at) => `bench${at}`);
    await Promise.all(names.map((name) => makeRelayPod(cluster.api, name, away)));
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
