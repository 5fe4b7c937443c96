/** The ready pods of a selector, and the order in which a dial tries them. */
import { askKube } from "./api.ts";
import type { KubeTarget } from "./config/config.ts";
import { defaultContainer, type Pod, podsIn, stateOf } from "./pod.ts";
import { inNamespace, podsPath } from "./pod_dial.ts";
import { DialError } from "../errors.ts";
import type { DialContext } from "../transport.ts";

/** The pods with these labels. Throws as `askKube`. */
export async function podsOf(
  target: KubeTarget,
  selector: string,
  endpoint: string,
  context: DialContext,
): Promise<Pod[]> {
  const query = new URLSearchParams({ labelSelector: selector });
  return podsIn(await askKube(target, `${podsPath(target)}?${query}`, endpoint, context));
}

/**
 * The names of the pods with these labels that are ready and not terminating, each with the
 * container that kubectl would choose. Throws as `askKube`, and `DialError` when no pod is ready.
 */
export async function readyPods(
  target: KubeTarget,
  selector: string,
  endpoint: string,
  context: DialContext,
): Promise<{ name: string; container: string | undefined }[]> {
  const pods = await podsOf(target, selector, endpoint, context);
  const ready = pods.filter((pod) => stateOf(pod) === "ready");
  if (ready.length > 0) {
    return ready.map((pod) => ({ name: pod.name, container: defaultContainer(pod) }));
  }
  const { namespace, kubectl } = target;
  if (pods.length === 0) {
    const owner = await ownerOf(target, selector, endpoint, { ...context, step: () => {} });
    throw new DialError(
      owner === undefined
        ? `no pod in namespace ${namespace} has the labels ${selector}`
        : `${owner} in namespace ${namespace} has no pods`,
      {
        endpoint,
        step: "resolve",
        code: owner === undefined ? "not-found" : "unreachable",
        state: owner === undefined ? "missing" : "stopped",
        hint: owner === undefined
          ? `see ${kubectl} get pods -n ${namespace} --show-labels`
          : `see ${kubectl} describe -n ${namespace} ${owner}; if it is scaled to zero: ` +
            `${kubectl} scale -n ${namespace} ${owner} --replicas=1`,
      },
    );
  }
  const states = pods.map((pod) => `${pod.name} is ${stateOf(pod)}`);
  const more = states.length > 8 ? `, and ${states.length - 8} more` : "";
  throw new DialError(
    `no pod with the labels ${selector} in namespace ${namespace} is ready: ` +
      `${states.slice(0, 8).join(", ")}${more}`,
    {
      endpoint,
      step: "resolve",
      code: "unreachable",
      state: "stopped",
      hint: `see ${kubectl} get pods -n ${namespace} -l '${selector}'`,
      retryable: true,
    },
  );
}

/**
 * The deployment or stateful set with these labels, as kubectl names it: `deployment/NAME`.
 * Undefined when none has them, or when the account may not list such objects.
 */
async function ownerOf(
  target: KubeTarget,
  selector: string,
  endpoint: string,
  context: DialContext,
): Promise<string | undefined> {
  for (const kind of ["deployment", "statefulset"]) {
    const path = `/apis/apps/v1/${inNamespace(target.namespace, `${kind}s`)}`;
    const query = new URLSearchParams({ labelSelector: selector });
    const list = await askKube(target, `${path}?${query}`, endpoint, context)
      .catch(() => undefined);
    context.signal.throwIfAborted();
    const name = podsIn(list)[0]?.name;
    if (name !== undefined) return `${kind}/${name}`;
  }
  return undefined;
}

/**
 * The order in which pods are tried. `sticky` is rendezvous hashing: a key gives the same pod as
 * long as the pod exists. When a pod is gone, only the keys of that pod move to other pods.
 */
export async function inOrder<T extends { name: string }>(
  pods: readonly T[],
  way: "sticky" | "random",
  key: string,
): Promise<T[]> {
  const ranked = await Promise.all(pods.map(async (pod) => {
    if (way === "random") return { pod, rank: crypto.randomUUID() };
    const bytes = new TextEncoder().encode(`${key}\0${pod.name}`);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return { pod, rank: new Uint8Array(digest).toHex() };
  }));
  return ranked.sort((a, b) => a.rank < b.rank ? -1 : 1).map(({ pod }) => pod);
}
