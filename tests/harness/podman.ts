/** podman's service on a root of its own, with Debian's containers' runtime. */
import { accepts, type Daemon, makeRoot, startDaemon } from "./daemon.ts";
import { check, type Ran } from "./run.ts";
import { need } from "./tool.ts";

export interface Podman extends Daemon {
  /** For CONTAINER_HOST: `unix://…` */
  readonly address: string;
  /** Runs podman itself on the service's containers; throws when it fails. */
  podman(...args: string[]): Promise<Ran>;
}

/** crun refuses cgroup v1, and a limit above root's own can't be set without CAP_SYS_RESOURCE. */
const configuration = `[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;

/** Ready when it returns, after some 0.5 s. */
export async function startPodman(): Promise<Podman> {
  const program = await need("podman");
  await need("runc");
  const root = await makeRoot("pod");
  const socket = `${root}/s`;
  await Deno.writeTextFile(`${root}/containers.conf`, configuration);
  const env = { CONTAINERS_CONF: `${root}/containers.conf` };
  const folders = [`--root=${root}/root`, `--runroot=${root}/run`, `--tmpdir=${root}/tmp`];
  const daemon = await startDaemon({
    name: "podman",
    command: [program, ...folders, "system", "service", "--time=0", `unix://${socket}`],
    root,
    env,
    ready: () => accepts({ transport: "unix", path: socket }),
  });
  return {
    ...daemon,
    address: `unix://${socket}`,
    podman: (...args) => check(program, [...folders, ...args], { env }),
  };
}
