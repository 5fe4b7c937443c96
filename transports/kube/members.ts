/** The pods of a selector; each pod is a daemon of its own. */
import { kubeTarget } from "./config/config.ts";
import { stateOf } from "./pod.ts";
import { podsOf } from "./pods.ts";
import { explainKube } from "./diagnosis/refusal.ts";
import { interrupted } from "../errors.ts";
import { kubePod } from "../schemes/kube_pod.ts";
import type { DialContext } from "../transport.ts";

/** One of several pods. */
interface Member {
  readonly name: string;
  readonly isReady: boolean;
  readonly annotations: Readonly<Record<string, string | undefined>>;
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
    const pods = await podsOf(target, spec.selector ?? "", endpoint, context);
    if (!pods.some((pod) => stateOf(pod) === "ready")) return [];
    return pods.filter(({ status }) => status.phase === "Running")
      .map((pod) => ({
        name: pod.name,
        isReady: stateOf(pod) === "ready",
        annotations: pod.metadata.annotations,
      }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (signal.aborted) throw interrupted(signal, endpoint, "resolve");
    throw await explainKube({ target, pod: undefined, endpoint }, error, context);
  }
}
