/** The pods of a selector; each pod is a daemon of its own. */
import { askKube } from "./api.ts";
import { kubeTarget } from "./config/config.ts";
import { podsPath } from "./pod_dial.ts";
import { podsIn, stateOf } from "./pod.ts";
import { explainKube } from "./diagnosis/refusal.ts";
import { interrupted } from "../errors.ts";
import { kubePod } from "../schemes/kube_pod.ts";
import type { DialContext } from "../transport.ts";

/** One of several pods. */
interface Member {
  readonly name: string;
  readonly isReady: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The running pods, sorted by name; an empty list when no pod is ready. Throws `DialError`, or the
 * signal's reason.
 * @param endpoint `kube-pod://?selector=…`
 */
export async function podMembers(endpoint: string, context: DialContext): Promise<Member[]> {
  const spec = kubePod.parse(endpoint);
  const { signal } = context;
  let target: Awaited<ReturnType<typeof kubeTarget>> | undefined;
  try {
    target = await kubeTarget(context.env, spec);
    const query = new URLSearchParams({ labelSelector: spec.selector ?? "" });
    const answer = await askKube(target, `${podsPath(target)}?${query}`, endpoint, context);
    const pods = podsIn(answer);
    if (!pods.some((pod) => stateOf(pod) === "ready")) return [];
    return pods.filter(({ status }) => status?.phase === "Running")
      .map((pod) => ({
        name: pod.name,
        isReady: stateOf(pod) === "ready",
        annotations: pod.metadata?.annotations ?? {},
      }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (signal.aborted) throw interrupted(signal, endpoint, "resolve");
    throw await explainKube({ target, pod: undefined, endpoint }, error, context);
  }
}
