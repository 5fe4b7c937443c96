/** Dials a daemon in a pod: chooses the cluster, the pod, and exec or port-forward. */
import { KubeRefusal } from "./api.ts";
import { type KubeTarget, kubeTarget } from "./config/config.ts";
import { execInPod } from "./exec.ts";
import { failover } from "./failover.ts";
import { forwardToPod } from "./forward.ts";
import type { PodDial } from "./pod_dial.ts";
import { inOrder, readyPods } from "./pods.ts";
import { explainKube, usualContainer } from "./diagnosis/refusal.ts";
import type { ByteStream } from "../byte_stream.ts";
import { DialError, interrupted } from "../errors.ts";
import type { KubePodSpec } from "../schemes/kube_pod.ts";
import type { Connection, DialContext, DialStep } from "../transport.ts";

/** Throws `DialError`, or the signal's reason. */
export async function dialPod(
  spec: KubePodSpec,
  endpoint: string,
  context: DialContext,
): Promise<Connection> {
  const { signal, env } = context;
  let step = "resolve" as DialStep;
  let detail: string | undefined;
  const own: DialContext = {
    ...context,
    step(next, more) {
      [step, detail] = [next, more];
      context.step(next, more);
    },
  };
  /** The context of requests that only diagnose an error: they report no steps of the dial. */
  const quiet: DialContext = { ...context, step: () => {} };
  let target: KubeTarget | undefined;
  try {
    signal.throwIfAborted();
    target = await kubeTarget(env, spec);
    context.log(`${target.server}, namespace ${target.namespace}, by ${target.shown}`);
    const { stream, pod } = spec.selector === undefined
      ? { stream: await dialOne({ target, pod: spec.pod!, endpoint }, spec, own), pod: spec.pod! }
      : await dialSome(target, spec.selector, { spec, endpoint }, own);
    if (signal.aborted) {
      stream.close();
      throw signal.reason;
    }
    return {
      stream,
      authority: pod,
      serverName: pod,
      peer: `pod ${pod} of namespace ${target.namespace} at ${target.server}`,
      secure: false,
    };
  } catch (error) {
    const explained = signal.aborted
      ? undefined
      : await explainKube({ target, pod: spec.pod, endpoint }, error, quiet).catch(() => error);
    if (!signal.aborted) throw explained;
    const ended = interrupted(signal, endpoint, step, detail);
    // Only an exec plugin of the kubeconfig sets the step "authenticate".
    throw step === "authenticate" && ended instanceof DialError
      ? ended.withHint(`run it by hand: ${detail}; it may wait for a login`)
      : ended;
  }
}

/** Opens one pod's stream. Throws as `forwardToPod` and `execInPod` do. */
async function dialOne(
  dial: PodDial,
  { container, port }: Pick<KubePodSpec, "container" | "port">,
  context: DialContext,
): Promise<ByteStream> {
  if (port !== undefined) return await forwardToPod(dial, port, context);
  try {
    return await execInPod(dial, container, context);
  } catch (error) {
    const usual = container === undefined && error instanceof KubeRefusal && error.status === 400
      ? await usualContainer(dial, error, { ...context, step: () => {} })
      : undefined;
    if (usual === undefined) throw error;
    context.log(`container ${usual} of pod ${dial.pod}`);
    return await execInPod(dial, usual, context);
  }
}

/** Opens a stream to the first pod of the selector that can be used. */
async function dialSome(
  target: KubeTarget,
  selector: string,
  { spec, endpoint }: { spec: KubePodSpec; endpoint: string },
  context: DialContext,
): Promise<{ stream: ByteStream; pod: string }> {
  const ready = await readyPods(target, selector, endpoint, context);
  const way = spec.loadbalance ?? "sticky";
  const pods = await inOrder(ready, way, context.affinity ?? "");
  const failures: string[] = [];
  let last: DialError | undefined;
  let pod = "";
  /** Opens the stream of the next usable pod; undefined when no pod is left. */
  const next = async (using: DialContext): Promise<ByteStream | undefined> => {
    for (let one = pods.shift(); one !== undefined; one = pods.shift()) {
      const dial = { target, pod: one.name, endpoint };
      try {
        const how = { ...one.container !== undefined && { container: one.container }, ...spec };
        const stream = await dialOne(dial, how, using);
        pod = one.name;
        context.log(`pod ${pod}`);
        return stream;
      } catch (error) {
        using.signal.throwIfAborted();
        note(one.name, await explainKube(dial, error, { ...using, step: () => {} }));
      }
    }
    return undefined;
  };
  const note = (name: string, error: unknown) => {
    if (!(error instanceof DialError)) throw error;
    last = error;
    const { problem } = error;
    failures.push(failures.length + pods.length === 0 ? problem : `${name}: ${problem}`);
    context.log(`pod ${name} can't be used: ${problem}`);
  };
  const over = (): DialError => {
    const { step, code, hint, cause } = last!;
    const all = failures.length === 1
      ? failures[0]!
      : `no pod could be used: ${failures.join("; ")}`;
    return new DialError(all, { endpoint, step, code, cause, ...hint !== undefined && { hint } });
  };
  const first = await next(context);
  if (first === undefined) throw over();
  return {
    pod,
    stream: failover(first, async (error, signal) => {
      note(pod, error);
      const stream = await next({ ...context, signal, step: () => {} });
      if (stream === undefined) throw over();
      return stream;
    }),
  };
}
