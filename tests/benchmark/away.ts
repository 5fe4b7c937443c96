/** Daemons, and surroundings in which all three programs reach them in several ways. */
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { makeCerts } from "../harness/certs.ts";
import { denoDir } from "../harness/fairlead.ts";
import type { KubeApi } from "../harness/kube_api.ts";
import { makePod, sleeps } from "../harness/kube_pod.ts";
import { type Sshd, startSshd } from "../harness/sshd.ts";
import { need } from "../harness/tool.ts";

export interface Away {
  /** A new folder: the home of all programs. */
  readonly root: string;
  /** For all programs; the folder `bin` of the home is the first one in PATH. */
  readonly env: Record<string, string>;
  /** It listens on a socket, and on a port without TLS. */
  readonly daemon: Buildkitd;
  /** Its port has mutual TLS. */
  readonly secure: Buildkitd;
  /** Driver options for that port. */
  readonly tls: Readonly<Record<"cacert" | "cert" | "key", string>>;
}

/** @param folder the parent of the home and of the daemons' roots. @param stack ends all of it */
export async function openAway(folder: string, stack: AsyncDisposableStack): Promise<Away> {
  const root = await Deno.makeTempDir({ dir: folder, prefix: "fairlead-away-" });
  stack.defer(() => Deno.remove(root, { recursive: true }));
  await Deno.mkdir(`${root}/bin`);
  const certs = stack.use(await makeCerts());
  const daemon = stack.use(await startBuildkitd({ dir: folder, tcp: true }));
  const secure = stack.use(
    await startBuildkitd({ dir: folder, tcp: true, tls: { ...certs.server, ca: certs.ca.cert } }),
  );
  const env = {
    HOME: root,
    PATH: `${root}/bin:${Deno.env.get("PATH")}`,
    BUILDX_CONFIG: `${root}/buildx`,
    DOCKER_CONFIG: `${root}/docker`,
    DENO_DIR: denoDir,
    FAIRLEAD_CACHE: Deno.env.get("FAIRLEAD_CACHE") ?? `${root}/unpacked`,
    NO_COLOR: "1",
  };
  return { root, env, daemon, secure, tls: { cacert: certs.ca.cert, ...certs.client } };
}

/** Starts sshd, in whose shells the peers find `buildctl`. */
export async function sshdForPeers(stack: AsyncDisposableStack): Promise<Sshd> {
  const buildctl = await need("buildctl");
  const folder = buildctl.slice(0, buildctl.lastIndexOf("/"));
  return stack.use(await startSshd({ path: `${folder}:${Deno.env.get("PATH")}` }));
}

/** Lets ssh of the home log in without a question. */
export async function configureSsh(
  { root }: Away,
  { key }: Sshd,
  knownHosts: string,
): Promise<void> {
  const config = `${root}/.ssh/config`;
  await Deno.mkdir(`${root}/.ssh`);
  await Deno.writeTextFile(
    config,
    `IdentityFile ${key}\nIdentitiesOnly yes\nUserKnownHostsFile ${knownHosts}\n`,
  );
  // ssh looks for its configuration in the home of passwd(5), whatever HOME says.
  const line = `exec ${await need("ssh")} -F ${config} "$@"`;
  await Deno.writeTextFile(`${root}/bin/ssh`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

/** Makes a pod in which `buildctl` reaches the daemon by its socket. */
export async function makeRelayPod(
  api: KubeApi,
  name: string,
  { daemon }: Pick<Away, "daemon">,
): Promise<void> {
  const folder = daemon.socket.slice(0, daemon.socket.lastIndexOf("/"));
  const relay = { ...sleeps, env: { BUILDKIT_HOST: "unix:///peer/s" }, folder };
  await makePod(api, { name, containers: { main: relay } });
}

/** The arguments of `buildctl` for a build like that of the others. @param options of TLS */
export function buildctlBuild(
  addr: string,
  context: string,
  options: Readonly<Record<string, string>> = {},
): string[] {
  return [
    ...buildctlAt(addr, options),
    ...["build", "--progress=plain", "--frontend=dockerfile.v0"],
    ...[`--local=context=${context}`, `--local=dockerfile=${context}`],
  ];
}

/** The options of `buildctl` for a daemon. */
export function buildctlAt(addr: string, options: Readonly<Record<string, string>>): string[] {
  return [`--addr=${addr}`, ...Object.entries(options).map(([key, path]) => `--tls${key}=${path}`)];
}

/** The options of `create` for a daemon. */
export function driverOptions(options: Readonly<Record<string, string>>): string[] {
  return Object.entries(options).map(([key, path]) => `--driver-opt=${key}=${path}`);
}

/** Writes a context whose files all go into one layer. With `layers`, each gets its own layer. */
export async function writeCopies(context: string, layers?: readonly string[]): Promise<void> {
  await Deno.mkdir(`${context}/files`, { recursive: true });
  const copies = layers?.map((name) => `COPY files/${name} /\n`) ?? ["COPY files /\n"];
  await Deno.writeTextFile(`${context}/Dockerfile`, `FROM scratch\n${copies.join("")}`);
}
