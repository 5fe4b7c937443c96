/** A real Docker engine on a root of its own, which loads and lists images; no network for containers. */
import { accepts, type Daemon, freePort, makeRoot, startDaemon } from "../harness/daemon.ts";
import { check, run } from "../harness/run.ts";

export interface Dockerd extends Daemon {
  /** `unix://…` */
  readonly host: string;
  /** `tcp://127.0.0.1:PORT`; empty without TLS. */
  readonly tcp: string;
  /** What its own program prints, to see from outside what was loaded. */
  docker(...args: string[]): Promise<string>;
}

export interface DockerdOptions {
  /** Serve loopback TCP for clients that show a certificate of `ca`. */
  tls?: { cert: string; key: string; ca: string };
  /** The containerd image store: since engine 24, and not without its own containerd. */
  containerd?: boolean;
}

/** Why there is none; undefined where there is. */
export async function noDockerd(options: DockerdOptions = {}): Promise<string | undefined> {
  for (const program of ["dockerd", "docker", "containerd"]) {
    const found = await run("sh", ["-c", `command -v ${program}`], { env: path() });
    if (found.code !== 0) return `${program} is not installed (Debian's package docker.io)`;
  }
  if (!options.containerd) return undefined;
  const { stdout } = await run("dockerd", ["--version"], { env: path() });
  const major = Number(/version (\d+)/.exec(stdout)?.[1] ?? 0);
  return major >= 24 ? undefined : `dockerd is version ${major}: no containerd image store`;
}

function path(): Record<string, string> {
  return { PATH: `${Deno.env.get("PATH")}:/usr/sbin:/sbin` };
}

export async function startDockerd(options: DockerdOptions = {}): Promise<Dockerd> {
  const root = await makeRoot("dkr");
  const socket = `${root}/s`;
  const { tls } = options;
  const port = tls ? freePort() : 0;
  const config = options.containerd ? { features: { "containerd-snapshotter": true } } : {};
  await Deno.writeTextFile(`${root}/daemon.json`, JSON.stringify(config));
  const daemon = await startDaemon({
    name: "dockerd",
    command: [
      "dockerd",
      ...["--config-file", `${root}/daemon.json`, "--data-root", `${root}/data`],
      ...["--exec-root", `${root}/exec`, "--pidfile", `${root}/pid`, "-H", `unix://${socket}`],
      ...tls
        ? ["-H", `tcp://127.0.0.1:${port}`, "--tlsverify", "--tlscacert", tls.ca]
          .concat("--tlscert", tls.cert, "--tlskey", tls.key)
        : [],
      ...["--bridge=none", "--iptables=false", "--ip6tables=false"],
      ...options.containerd ? [] : ["--storage-driver", "vfs"],
    ],
    root,
    env: path(),
    ready: () => accepts({ transport: "unix", path: socket }),
  });
  const host = `unix://${socket}`;
  return {
    ...daemon,
    host,
    tcp: tls ? `tcp://127.0.0.1:${port}` : "",
    docker: async (...args) =>
      (await check("docker", ["-H", host, ...args], { env: path() })).stdout,
  };
}
