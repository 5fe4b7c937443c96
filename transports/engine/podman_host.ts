import { withoutPassword } from "../endpoint.ts";
import type { Env } from "../transport.ts";

/** The address of podman's service, and a hint for the case that it doesn't answer. */
interface PodmanHost {
  /** `unix://…`, or the value of `CONTAINER_HOST`. */
  readonly host: string;
  readonly hint: string;
}

/**
 * Keys that no input ever matches. podman always looks for the keys that detach a terminal (ctrl-p,
 * ctrl-q) in an exec's input. It compares single-byte reads with the first key, and holds a
 * matching byte back until the next one comes.
 */
export const NEVER_TYPED = Array.from({ length: 32 }, () => "DEL").join(",");

const ROOT = "/run/podman/podman.sock";

/**
 * Finds the service as podman's own remote client does: `CONTAINER_HOST`, else the user's socket
 * (for root, the system's). `DOCKER_HOST` is ignored, because it may name another engine.
 *
 * @param chosen an address that replaces all of these
 */
export function podmanHost(env: Env, chosen?: string): PodmanHost {
  const set = chosen ?? env("CONTAINER_HOST");
  const from = chosen === undefined ? "CONTAINER_HOST" : "the address";
  if (set && withoutPassword(set) !== set) {
    return {
      host: withoutPassword(set),
      hint: `passwords are not supported: write ${from} without it`,
    };
  }
  if (set) return { host: set, hint: `start podman's service there, or correct ${from}` };
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
