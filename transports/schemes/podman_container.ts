import { CONTAINER, dialContainer, parseContainer } from "../engine/container.ts";
import { parseEngine } from "../engine/choice.ts";
import { formatOptions } from "../endpoint.ts";
import { NEVER_TYPED, podmanHost } from "../engine/podman_host.ts";
import type { Transport } from "../transport.ts";

/** A container of podman. */
interface PodmanContainerSpec {
  /** The container's name or id. */
  readonly container: string;
  /** The address of podman's service, instead of `CONTAINER_HOST`. */
  readonly host?: string;
}

/** `podman-container://NAME`: buildctl's `dial-stdio` in a container, by podman's service. */
export const podmanContainer = {
  scheme: "podman-container",
  summary: "buildkitd in a container, through podman's service",
  example: `podman-container://${CONTAINER}`,
  options: [{ name: "host", summary: "the service's address instead of CONTAINER_HOST" }],

  parse(endpoint: string): PodmanContainerSpec {
    const parts = parseContainer(endpoint, podmanContainer);
    return { container: parts.container, ...parseEngine(parts) };
  },

  describe,
  host: ({ container }) => ({ authority: container, name: container }),
  plaintext: () => false,

  async dial(spec, context) {
    const { host, hint } = podmanHost(context.env, spec.host);
    return await dialContainer({
      endpoint: describe(spec),
      engine: { host },
      program: spec.host === undefined ? "podman" : `podman --url=${host}`,
      container: spec.container,
      engineHint: hint,
      detachKeys: NEVER_TYPED,
    }, context);
  },
} satisfies Transport<PodmanContainerSpec>;

function describe({ container, host }: PodmanContainerSpec): string {
  return `podman-container://${container}${formatOptions({ host })}`;
}
