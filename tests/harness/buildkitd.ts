/** A real buildkitd on a root of its own. */
import { accepts, type Daemon, freePort, makeRoot, startDaemon } from "./daemon.ts";
import { available, need } from "./tool.ts";

export interface BuildkitdOptions {
  /** Serves loopback TCP besides the unix socket: a free port, or this one. */
  tcp?: boolean | number;
  /** Files for the TCP listener alone; with `ca`, clients must show a certificate. */
  tls?: { cert: string; key: string; ca?: string };
  /** Additional lines of buildkitd.toml. */
  config?: string;
  /** The parent of its root: `/dev/shm` for measurements; default the system's temporary folder. */
  dir?: string;
  args?: readonly string[];
  /** Another buildkitd than the tests' one; it may bring a `buildkit-runc` of its own. */
  program?: string;
}

export interface Buildkitd extends Daemon {
  /** `unix://…` */
  readonly address: string;
  /** The address without the scheme. */
  readonly socket: string;
  /** `tcp://127.0.0.1:PORT`; empty without the option. */
  readonly tcp: string;
  /** Ends this one, and starts another on the same root and addresses: stop that one, too. */
  restart(): Promise<Buildkitd>;
}

/** Serving when it returns, after about half a second. */
export async function startBuildkitd(options: BuildkitdOptions = {}): Promise<Buildkitd> {
  const program = options.program ?? await need("buildkitd");
  const runc = options.program === undefined ? await need("runc") : (await available("runc")).path;
  const home = await makeRoot("bkd", options.dir);
  const port = options.tcp === true ? freePort() : options.tcp || 0;
  const socket = `${home}/s`;
  const tcp = port ? `tcp://127.0.0.1:${port}` : "";
  // The daemon always gets a file of its own, so that it doesn't read the machine's /etc/buildkit.
  await Deno.writeTextFile(`${home}/buildkitd.toml`, options.config ?? "");
  const { tls } = options;
  const command = [
    program,
    `--config=${home}/buildkitd.toml`,
    `--root=${home}/root`,
    `--addr=unix://${socket}`,
    ...(tcp ? [`--addr=${tcp}`] : []),
    ...(tls ? [`--tlscert=${tls.cert}`, `--tlskey=${tls.key}`] : []),
    ...(tls?.ca === undefined ? [] : [`--tlscacert=${tls.ca}`]),
    "--containerd-worker=false",
    ...(runc === undefined ? [] : [`--oci-worker-binary=${runc}`]),
    // Without CNI plugins there is no other network.
    "--oci-worker-net=host",
    `--oci-worker-snapshotter=${await snapshotter(home)}`,
    ...options.args ?? [],
  ];
  return await serve(home, command, { socket, tcp });
}

async function serve(
  home: string,
  command: readonly string[],
  where: { socket: string; tcp: string },
): Promise<Buildkitd> {
  const { socket, tcp } = where;
  // The daemon mounts below TMPDIR while it works. The supervisor cleans that folder after a kill.
  await Deno.mkdir(`${home}/tmp`, { recursive: true });
  for (const old of ["ended", "keep"]) await Deno.remove(`${home}/${old}`).catch(() => {});
  const daemon = await startDaemon({
    name: "buildkitd",
    command,
    root: home,
    env: { TMPDIR: `${home}/tmp` },
    ready: () => accepts({ transport: "unix", path: socket }),
  });
  return {
    ...daemon,
    address: `unix://${socket}`,
    socket,
    tcp,
    async restart() {
      await daemon.stop({ keepRoot: true });
      return await serve(home, command, where);
    },
  };
}

/** overlayfs can't be mounted on overlayfs, which is a container's own file system. */
async function snapshotter(folder: string): Promise<string> {
  const { stdout } = await new Deno.Command("stat", { args: ["-f", "-c", "%T", folder] }).output();
  return new TextDecoder().decode(stdout).startsWith("overlay") ? "native" : "overlayfs";
}

/**
 * How many of the daemon's senders wait for workers that have ended; asked until it is none, for 10
 * s.
 * @param debug the daemon's `--debugaddr`
 */
export async function waitingSenders(debug: string): Promise<number> {
  for (let tries = 0;; tries++) {
    const answer = await fetch(`http://${debug}/debug/pprof/goroutine?debug=2`);
    const count = (await answer.text()).split("fsutil.(*sender).queue").length - 1;
    if (count === 0 || tries === 100) return count;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
