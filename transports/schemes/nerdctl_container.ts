import { CONTAINER, DIAL_STDIO, parseContainer } from "../engine/container.ts";
import { formatOptions, given } from "../endpoint.ts";
import type { Transport } from "../transport.ts";

/** A container of containerd, by nerdctl's name for it. */
interface NerdctlContainerSpec {
  /** The container's name or id. */
  readonly container: string;
  /** containerd's namespace, by default the one in nerdctl's configuration. */
  readonly namespace?: string;
}

/**
 * `nerdctl-container://NAME`: buildctl's `dial-stdio` in a container, by the program nerdctl. Only
 * nerdctl knows containers by name: containerd has no service for that.
 */
export const nerdctlContainer = {
  scheme: "nerdctl-container",
  summary: "buildkitd in a container of containerd, through the program nerdctl",
  example: `nerdctl-container://${CONTAINER}`,
  options: [{ name: "namespace", summary: "containerd's namespace; default: nerdctl's" }],

  parse(endpoint: string): NerdctlContainerSpec {
    const parts = parseContainer(endpoint, nerdctlContainer);
    const { namespace } = given(parts, "namespace");
    if (namespace !== undefined && !/^[A-Za-z0-9][\w.-]*$/.test(namespace)) {
      parts.fail(`${JSON.stringify(namespace)} is not a namespace`, "see nerdctl namespace ls");
    }
    return { container: parts.container, ...given(parts, "namespace") };
  },

  describe,
  host: ({ container }) => ({ authority: container, name: container }),
  plaintext: () => false,

  async dial(spec, context) {
    const { startProgram } = await import("../net/program.ts");
    const { container, namespace } = spec;
    const inNamespace = namespace === undefined ? [] : ["--namespace", namespace];
    const program = {
      endpoint: describe(spec),
      program: "nerdctl",
      args: [...inNamespace, "exec", "-i", container, ...DIAL_STDIO],
      absentHint:
        "install nerdctl, which this transport needs, or share the daemon's socket with this " +
        "machine and reach it by unix://",
      hint: (stderr: string) =>
        /no such container/i.test(stderr)
          ? "see nerdctl ps -a, and the option namespace"
          : `look at the container: nerdctl logs ${container}`,
    };
    return {
      stream: startProgram(program, context),
      authority: container,
      peer: `container ${container} of nerdctl`,
      secure: false,
    };
  },
} satisfies Transport<NerdctlContainerSpec>;

function describe({ container, namespace }: NerdctlContainerSpec): string {
  return `nerdctl-container://${container}${formatOptions({ namespace })}`;
}
