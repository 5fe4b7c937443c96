import { withoutPassword } from "../endpoint.ts";
import type { Env } from "../transport.ts";

/** Where podman's service is, and what to do when it isn't there. */
export interface PodmanHost {
  /** `unix://…`, or whatever `CONTAINER_HOST` says. */
  readonly host: string;
  readonly hint: string;
}

const ROOT = "/run/podman/podman.sock";

/**
 * Found as podman's own remote client finds it: `CONTAINER_HOST`, else the user's socket, root's for
 * root. `DOCKER_HOST` has no say: it may well name another engine.
 */
export function podmanHost(env: Env): PodmanHost {
  const set = env("CONTAINER_HOST");
  if (set && withoutPassword(set) !== set) {
    return {
      host: withoutPassword(set),
      hint: "none takes a password: write CONTAINER_HOST without it",
    };
  }
  if (set) return { host: set, hint: "start podman's service there, or correct CONTAINER_HOST" };
  const uid = Deno.uid();
  if (uid === 0 || uid === null) {
    return { host: `unix://${ROOT}`, hint: start("systemctl start podman.socket") };
  }
  const folder = env("XDG_RUNTIME_DIR") || `/run/user/${uid}`;
  const host = `unix://${folder}/podman/podman.sock`;
  return { host, hint: start("systemctl --user start podman.socket") };
}

function start(command: string): string {
  return `podman has no daemon, so start its service: ${command}, or podman system service ` +
    "--time=0, and name another socket by CONTAINER_HOST";
}
