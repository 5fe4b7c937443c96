import type { KubeTarget } from "./config/config.ts";
import { lostOrFailed } from "../errors.ts";

/** A dial of one pod, by exec or port-forward. */
export interface PodDial {
  readonly target: KubeTarget;
  readonly pod: string;
  /** The endpoint as errors show it. */
  readonly endpoint: string;
}

/** The pod's path in the API. */
export function podPath({ target, pod }: PodDial): string {
  return `${podsPath(target)}/${encodeURIComponent(pod)}`;
}

export function podsPath({ namespace }: KubeTarget): string {
  return `/api/v1/${inNamespace(namespace, "pods")}`;
}

/** The last part of the path of a namespace's objects of one kind. */
export function inNamespace(namespace: string, kind: string): string {
  return `namespaces/${encodeURIComponent(namespace)}/${kind}`;
}

/** The error of a stream that ended without a reason. */
export function brokenOff(dial: PodDial, any: boolean, broken: unknown): Error {
  const { pod, endpoint, target: { server } } = dial;
  const why = broken instanceof Error ? `: ${broken.message}` : "";
  const problem = broken instanceof Deno.errors.TimedOut
    ? `${broken.message} from pod ${pod}, nor an answer to a ping`
    : `the API server closed the connection to pod ${pod}${why}`;
  return lostOrFailed(any, problem, {
    endpoint,
    step: "exec",
    code: "unreachable",
    hint: `see whether the daemon in pod ${pod} is well, and the network between here, ${server} ` +
      "and the pod's node",
    retryable: true,
    cause: broken,
  });
}
