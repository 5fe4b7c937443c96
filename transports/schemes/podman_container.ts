import { CONTAINER, DIAL_STDIO, parseContainer } from "../engine/container.ts";
import { podmanHost } from "../engine/podman_host.ts";
import type { Transport } from "../transport.ts";

/** A container of podman. */
interface PodmanContainerSpec {
  /** The container's name or id. */
  readonly container: string;
}

/** `podman-container://NAME`: buildctl's `dial-stdio` in a container, by podman's service. */
export const podmanContainer = {
  scheme: "podman-container",
  summary: "buildkitd in a container, through podman's service",
  example: `podman-container://${CONTAINER}`,
  options: [],

  parse(endpoint: string): PodmanContainerSpec {
    return { container: parseContainer(endpoint, podmanContainer).container };
  },

  describe,
  host: ({ container }) => ({ authority: container, name: container }),
  plaintext: () => false,

  async dial(spec, context) {
    const { container } = spec;
    const { execInContainer } = await import("../engine/exec.ts");
    const { host, hint } = podmanHost(context.env);
    const stream = await execInContainer({
      endpoint: describe(spec),
      engine: { host },
      program: "podman",
      container,
      command: DIAL_STDIO,
      engineHint: hint,
      detachKeys: NEVER_TYPED,
    }, context);
    return {
      stream,
      authority: container,
      peer: `container ${container} at ${host}`,
      secure: false,
    };
  },
} satisfies Transport<PodmanContainerSpec>;

/**
 * Keys that no input ever matches. podman always looks for the keys that detach a terminal (ctrl-p,
 * ctrl-q) in an exec's input. It compares single-byte reads with the first key, and holds a
 * matching byte back until the next one comes.
 */
const NEVER_TYPED = Array.from({ length: 32 }, () => "DEL").join(",");

function describe({ container }: PodmanContainerSpec): string {
  return `podman-container://${container}`;
}
