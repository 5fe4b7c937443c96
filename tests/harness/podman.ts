/** podman's service on a root of its own, with Debian's containers' runtime. */
import { accepts, type Daemon, makeRoot, startDaemon } from "./daemon.ts";
import { check, type Ran, run } from "./run.ts";
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

/** A user without ranges of user ids: all of a container's users are this one. */
const NOBODY = 65534;

/**
 * Runs a command in the namespaces that were just made. The mounts of other tests' daemons are not
 * copied: their supervisors end every process that sees one. The first process stays root, because
 * a change of user would undo `--kill-child`.
 */
const ownNamespace = `awk '$5 ~ "/fl-[a-z]+-" { print $5 }' /proc/self/mountinfo | sort -r |
  while read -r mount; do umount -l "$mount"; done
"$@" & wait`;

/** Why podman can't run rootless on this machine; undefined if it can. */
export async function rootlessMissing(): Promise<string | undefined> {
  const words = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const asked = await run("setpriv", [...words, "--", "unshare", "--user", "true"]);
  return asked.code === 0
    ? undefined
    : `a user without privileges may not make user namespaces here: ${asked.stderr.trim()}`;
}

/**
 * The same as user `nobody`, so rootless. Everything of it lives in a PID namespace of its own,
 * because such a podman leaves a process behind that holds its user namespace.
 */
export async function startRootlessPodman(): Promise<Podman> {
  const program = await need("podman");
  await need("runc");
  const root = await makeRoot("pod");
  const socket = `${root}/s`;
  const limits = /^default_ulimits.*\n/m;
  await Deno.writeTextFile(`${root}/containers.conf`, configuration.replace(limits, ""));
  const storage =
    `[storage]\ndriver = "vfs"\ngraphroot = "${root}/root"\nrunroot = "${root}/run"\n` +
    `[storage.options.vfs]\nignore_chown_errors = "true"\n`;
  await Deno.writeTextFile(`${root}/storage.conf`, storage);
  await Deno.chown(root, NOBODY, NOBODY);
  const daemon = await startDaemon({
    name: "podman",
    command: [
      ...["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"],
      ...["sh", "-c", ownNamespace, "sh"],
      ...["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"],
      ...["sh", "-c", 'cd "$HOME" && exec "$@"', "sh"],
      ...[program, "system", "service", "--time=0", `unix://${socket}`],
    ],
    root,
    env: {
      ...{ HOME: root, XDG_RUNTIME_DIR: root, TMPDIR: root },
      CONTAINERS_CONF: `${root}/containers.conf`,
      CONTAINERS_STORAGE_CONF: `${root}/storage.conf`,
    },
    ready: () => accepts({ transport: "unix", path: socket }),
  });
  return {
    ...daemon,
    address: `unix://${socket}`,
    podman: (...args) => check(program, ["--remote", "--url", `unix://${socket}`, ...args]),
    async stop(options) {
      // The namespace's first process ignores SIGTERM.
      await daemon.kill();
      await daemon.stop(options);
    },
  };
}

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
