/**
 * A real Docker engine for `--load` and the docker transports. Not Debian 12's own 20.10 (see
 * `tests/daemons/debian`).
 *
 * It has no bridge and touches no iptables, so containers need `--network host` or `none`.
 */
import { check, type Ran, run } from "./run.ts";
import { answersOk, type Daemon, freePort, makeRoot, startDaemon } from "./daemon.ts";
import { debian } from "./debian.ts";
import { type Available, need } from "./tool.ts";

/** The Debian suite that an engine is taken from. */
export type Engine = "bookworm" | "trixie" | "sid";

export interface DockerdOptions {
  /**
   * "trixie": 26.1 with its graph driver. "sid": 28.5 with the containerd image store. "bookworm":
   * 20.10, as old as users have, with a BuildKit that lacks much.
   */
  engine?: Engine;
  /** The store of images; by default containerd for "sid", and the graph driver for the others. */
  store?: "graph";
  /** Serve loopback TCP, too, for clients that show a certificate of `ca`. */
  tls?: { cert: string; key: string; ca: string };
  /** Containers may have an init process (`run --init`), as those that buildx makes do. */
  init?: boolean;
  /** The parent of its root; default: the system's temporary folder. */
  dir?: string;
  /** The address of `host-gateway`. */
  gateway?: string;
}

export interface Dockerd extends Daemon {
  /** The folder with its programs. */
  readonly programs: string;
  /** For DOCKER_HOST: `unix://…` */
  readonly address: string;
  readonly socket: string;
  /** `tcp://127.0.0.1:PORT`; empty without TLS. */
  readonly tcp: string;
  /** Runs the docker program on this engine; throws when it fails. */
  docker(...args: string[]): Promise<Ran>;
}

const unpacked = new Map<string, Promise<Available>>();

/** The folder with an engine's programs, fetched when it is not there yet (10 s). */
export function dockerEngine(engine: Engine = "trixie"): Promise<Available> {
  let answer = unpacked.get(engine);
  if (answer === undefined) unpacked.set(engine, answer = unpack(engine));
  return answer;
}

async function unpack(engine: Engine): Promise<Available> {
  // In Debian 12 the client is part of docker.io.
  const path = await debian(engine, "docker.io", ...engine === "bookworm" ? [] : ["docker-cli"]);
  if (path === undefined) return { reason: `Debian ${engine}'s docker.io could not be fetched` };
  // Sid moves on: one day its programs want a newer libc than this machine's.
  const asked = await run(`${path}/usr/sbin/dockerd`, ["--version"]);
  return asked.code === 0 ? { path } : { reason: `${engine}'s dockerd: ${asked.stderr.trim()}` };
}

/** Ready when it returns, after about a second. */
export async function startDockerd(options: DockerdOptions = {}): Promise<Dockerd> {
  const { path, reason } = await dockerEngine(options.engine);
  if (path === undefined) throw new Error(reason);
  // Debian 12's containerd and runc are taken from PATH: trixie's runc needs a newer libc.
  await need("containerd");
  await need("runc");
  const root = await makeRoot("dkr", options.dir);
  const socket = `${root}/s`;
  const { tls } = options;
  const port = tls ? freePort() : 0;
  // Its own docker-init is a link to this program of another package.
  const tini = options.init ? await debian("trixie", "tini") : undefined;
  const containerd = options.engine === "sid" && options.store === undefined;
  const features = { "containerd-snapshotter": containerd };
  await Deno.writeTextFile(`${root}/daemon.json`, JSON.stringify({ features }));
  const daemon = await startDaemon({
    name: "dockerd",
    command: [
      `${path}/usr/sbin/dockerd`,
      `--config-file=${root}/daemon.json`,
      `--data-root=${root}/data`,
      `--exec-root=${root}/exec`,
      `--pidfile=${root}/pid`,
      `--host=unix://${socket}`,
      ...tls
        ? [`--host=tcp://127.0.0.1:${port}`, "--tlsverify", `--tlscacert=${tls.ca}`]
          .concat(`--tlscert=${tls.cert}`, `--tlskey=${tls.key}`)
        : [],
      ...tini === undefined ? [] : [`--init-path=${tini}/usr/bin/tini-static`],
      ...options.gateway === undefined ? [] : [`--host-gateway-ip=${options.gateway}`],
      "--bridge=none",
      "--iptables=false",
      "--ip6tables=false",
      // With the containerd store this names a snapshotter.
      `--storage-driver=${containerd ? "overlayfs" : "overlay2"}`,
    ],
    root,
    env: { PATH: `${path}/usr/sbin:${path}/usr/bin:${Deno.env.get("PATH") ?? ""}:/usr/sbin` },
    // It listens before it answers.
    ready: () => answersOk("http://docker/_ping", { proxy: { transport: "unix", path: socket } }),
  });
  return {
    ...daemon,
    programs: path,
    address: `unix://${socket}`,
    socket,
    tcp: tls ? `tcp://127.0.0.1:${port}` : "",
    docker: (...args) =>
      check(`${path}/usr/bin/docker`, ["--host", `unix://${socket}`, ...args], {
        env: { DOCKER_CONFIG: `${root}/client` },
      }),
  };
}
