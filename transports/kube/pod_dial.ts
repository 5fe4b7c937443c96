import type { KubeTarget } from "./config.ts";
import { DialError, type DialErrorDetails } from "../errors.ts";

/** A dial of one pod, for the ways into it. */
export interface PodDial {
  readonly target: KubeTarget;
  readonly pod: string;
  /** For errors. */
  readonly endpoint: string;
}

/** The pod's path in the API. */
export function podPath({ target, pod }: PodDial): string {
  return `${podsPath(target)}/${encodeURIComponent(pod)}`;
}

export function podsPath({ namespace }: KubeTarget): string {
  return `/api/v1/${inNamespace(namespace, "pods")}`;
}

/** The end of the path of all objects of a kind in a namespace. */
export function inNamespace(namespace: string, kind: string): string {
  return `namespaces/${encodeURIComponent(namespace)}/${kind}`;
}

/** Before the first byte it is a dial that failed; behind it, a connection that was lost. */
export function lostOrFailed(
  { endpoint }: PodDial,
  any: boolean,
  problem: string,
  details: Omit<DialErrorDetails, "endpoint">,
): Error {
  return any
    ? new Deno.errors.ConnectionReset(problem, { cause: details.cause })
    : new DialError(problem, { endpoint, ...details });
}

/** The stream has ended, and nobody has said why. */
export function brokenOff(dial: PodDial, any: boolean, broken: unknown): Error {
  const why = broken instanceof Error ? `: ${broken.message}` : "";
  const problem = `the API server broke the connection to pod ${dial.pod} off${why}`;
  return lostOrFailed(dial, any, problem, {
    step: "exec",
    code: "unreachable",
    hint: `see whether the pod still runs: ${dial.target.kubectl} get pod -n ` +
      `${dial.target.namespace} ${dial.pod}`,
    retryable: true,
    cause: broken,
  });
}
