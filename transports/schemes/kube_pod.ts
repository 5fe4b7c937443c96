import { formatOptions, given, portIn, splitEndpoint } from "../endpoint.ts";
import { NAME } from "../kube/values.ts";
import { prepareRandom } from "../../base/prepare_random.ts";
import type { Transport } from "../transport.ts";

/** A pod of a Kubernetes cluster, or one of several pods that a selector matches. */
export interface KubePodSpec {
  /** The pod's name; undefined with a selector. */
  readonly pod?: string;
  /** A label selector in Kubernetes' syntax: `app=buildkitd,tier in (a,b)`. */
  readonly selector?: string;
  /** The pod's namespace, by default the context's. */
  readonly namespace?: string;
  /** The pod's container, by default the one that kubectl would choose. */
  readonly container?: string;
  /** A context of the kubeconfig; by default the current one. */
  readonly context?: string;
  /** A file that is read instead of `KUBECONFIG` and `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** The choice among several pods; default `sticky`. */
  readonly loadbalance?: "sticky" | "random";
  /** The daemon's TCP port in the pod; set to connect without a program in the pod. */
  readonly port?: number;
}

/** The TCP port in buildkitd's own examples. */
const PORT = 1234;

/** `kube-pod://POD`: a daemon in a pod, by the Kubernetes API, without kubectl. */
export const kubePod = {
  scheme: "kube-pod",
  summary: "buildkitd in a pod, through the Kubernetes API",
  example: "kube-pod://buildkitd",
  options: [
    { name: "namespace", summary: "the pod's namespace; default: the context's" },
    { name: "container", summary: "the pod's container; default: the one that kubectl chooses" },
    { name: "context", summary: "a context of the kubeconfig; default: the current one" },
    { name: "kubeconfig", summary: "a file instead of KUBECONFIG and ~/.kube/config" },
    { name: "selector", summary: "labels of the pods to choose from, instead of a name" },
    { name: "loadbalance", summary: "how to choose a pod: sticky (the default) or random" },
    { name: "mode", summary: "exec (the default; runs buildctl in the pod) or port-forward" },
    { name: "port", summary: `the daemon's TCP port, for port-forward; default: ${PORT}` },
  ],

  parse(endpoint: string): KubePodSpec {
    const parts = splitEndpoint(endpoint, kubePod);
    const { address, options, fail } = parts;
    const selector = options.get("selector");
    if (address === "" && selector === undefined) {
      fail("it has no pod name", `write it as ${kubePod.example} or kube-pod://?selector=LABELS`);
    }
    if (address !== "" && selector !== undefined) {
      fail("it has a pod name and a selector", "give the one or the other");
    }
    if (address !== "" && !NAME.test(address)) {
      const [, namespace, pod = "", port] = /^(?:([^/:]*)\/)?([^/:]*)(?::(\d+))?$/.exec(address) ??
        [];
      const meant = !NAME.test(pod)
        ? kubePod.example
        : `kube-pod://${pod}${formatOptions({ namespace, mode: port && "port-forward", port })}`;
      fail(
        address.includes("/")
          ? "it has a path"
          : address.includes("@")
          ? "a user name is not allowed here"
          : `${JSON.stringify(address)} is not a valid pod name`,
        `write it as ${meant}`,
      );
    }
    for (const name of ["namespace", "container"]) {
      const value = options.get(name);
      if (value !== undefined && !NAME.test(value)) {
        fail(
          `${JSON.stringify(value)} is not a valid ${name} name`,
          "names are made of a-z, 0-9, dots and dashes",
        );
      }
    }
    const oneOf = <T extends string>(name: string, values: readonly T[]): T | undefined => {
      const value = options.get(name);
      const found = values.find((one) => one === value);
      if (value === undefined || found !== undefined) return found;
      return fail(`${name} can't be ${JSON.stringify(value)}`, `${name} is ${values.join(" or ")}`);
    };
    const loadbalance = oneOf("loadbalance", ["sticky", "random"]);
    if (loadbalance !== undefined && selector === undefined) {
      fail("loadbalance can't be used with a single pod", "leave it out, or give a selector");
    }
    const forwards = oneOf("mode", ["exec", "port-forward"]) === "port-forward";
    const port = options.get("port");
    if (port !== undefined && !forwards) {
      fail("port can't be used here", "give mode=port-forward too");
    }
    if (forwards && options.has("container")) {
      fail("container can't be used with port-forward", "a pod's containers share their ports");
    }
    return {
      ...address !== "" && { pod: address },
      ...given(parts, "selector", "namespace", "container", "context", "kubeconfig"),
      ...loadbalance !== undefined && { loadbalance },
      ...forwards && { port: portIn(parts, port ?? `${PORT}`) },
    };
  },

  describe,
  host: ({ pod }) => ({ authority: pod ?? "localhost", name: pod ?? "" }),
  plaintext: () => false,

  async dial(spec, context) {
    // TLS needs random numbers: another thread prepares them while the kubeconfig is read.
    void prepareRandom();
    const { dialPod } = await import("../kube/dial.ts");
    return await dialPod(spec, describe(spec), context);
  },
} satisfies Transport<KubePodSpec>;

function describe(spec: KubePodSpec): string {
  const { pod = "", selector, namespace, container, context, kubeconfig, loadbalance, port } = spec;
  return `kube-pod://${pod}${
    formatOptions({
      selector,
      namespace,
      container,
      context,
      kubeconfig,
      loadbalance,
      mode: port === undefined ? undefined : "port-forward",
      port: port === undefined ? undefined : String(port),
    })
  }`;
}
