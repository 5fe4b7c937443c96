/** Debian's containerd by itself, on a root of its own. */
import { accepts, type Daemon, makeRoot, startDaemon } from "./daemon.ts";
import { check, type Ran } from "./run.ts";
import { need } from "./tool.ts";

export interface Containerd extends Daemon {
  /** The path of its socket. */
  readonly socket: string;
  /** Runs containerd's own client on it, in a namespace; throws when it fails. */
  ctr(namespace: string, ...args: string[]): Promise<Ran>;
}

export interface ContainerdOptions {
  /** The kubelet's service, as its part of the configuration; it is off by default. */
  cri?(root: string): Promise<string>;
}

/** Ready when it returns, after some 0.3 s. */
export async function startContainerd(options: ContainerdOptions = {}): Promise<Containerd> {
  const program = await need("containerd");
  const runc = await need("runc");
  const root = await makeRoot("ctd");
  const socket = `${root}/s`;
  const cri = await options.cri?.(root);
  const off = cri === undefined ? 'disabled_plugins = ["io.containerd.grpc.v1.cri"]' : "";
  await Deno.writeTextFile(
    `${root}/config.toml`,
    `version = 2
root = "${root}/root"
state = "${root}/state"
${off}
[grpc]
address = "${socket}"
[plugins."io.containerd.internal.v1.opt"]
path = "${root}/opt"
${cri ?? ""}
`,
  );
  const daemon = await startDaemon({
    name: "containerd",
    command: [program, `--config=${root}/config.toml`],
    root,
    env: {
      PATH: `${runc.slice(0, runc.lastIndexOf("/"))}:${Deno.env.get("PATH") ?? ""}:/usr/sbin`,
    },
    ready: () => accepts({ transport: "unix", path: socket }),
  });
  return {
    ...daemon,
    socket,
    ctr: (namespace, ...args) =>
      check("ctr", ["--address", socket, "--namespace", namespace, ...args]),
  };
}
