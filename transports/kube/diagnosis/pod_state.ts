/** Finds in the API server's answers what happened to the pod of a stream. */
import { askKubeNow, KubeRefusal } from "../api.ts";
import { type PodDial, podPath } from "../pod_dial.ts";
import { type ContainerStatus, type Pod, podOf, type Terminated } from "../pod.ts";
import { DialError } from "../../errors.ts";
import type { DialContext } from "../../transport.ts";

/** An event that ended a stream, and a hint. */
export interface Diagnosis {
  /** A sentence such as "pod p was deleted". */
  readonly problem: string;
  readonly hint: string;
  readonly cause?: unknown;
}

/** The API's times are whole seconds, so a time may be up to this much too early. */
const SLACK_MS = 1000;

const ANEW =
  "run the command again when the pod is back; kube-pod://?selector=LABELS takes any matching pod";

/**
 * Asks the API server what happened to the pod. Undefined when the pod seems to be well.
 * @param began when the stream was opened, on the clock of `performance.now()`
 */
export async function diagnosePod(
  dial: PodDial,
  began: number,
  context: DialContext,
): Promise<Diagnosis | undefined> {
  const { pod, target: { namespace } } = dial;
  try {
    const { value, now } = await askKubeNow(dial.target, podPath(dial), dial.endpoint, context);
    // The API server's clock counts, because the clock of this machine may be wrong.
    const since = now - (performance.now() - began);
    return diagnosisIn(podOf(value), pod, since);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof KubeRefusal && error.status === 404) {
      return { problem: `pod ${pod} of namespace ${namespace} was deleted`, hint: ANEW };
    }
    if (!(error instanceof DialError)) return undefined;
    const { problem, hint = "check that the cluster is up" } = error;
    return { problem, hint, cause: error };
  }
}

/** @param since when the stream was opened, in ms since 1970; earlier events are ignored */
export function diagnosisIn(
  { metadata, status }: Pod,
  name: string,
  since: number,
): Diagnosis | undefined {
  const after = (time: string | undefined, slack: number) =>
    time !== undefined && Date.parse(time) >= since - slack;
  const disrupted = status.conditions.find(({ type, status }) =>
    type === "DisruptionTarget" && status === "True"
  );
  const by = disrupted?.message ?? status.message;
  const why = by === undefined ? "" : `: ${by}`;
  // The times are whole seconds, and a pod may be created and dialed within one second.
  if (after(metadata.creationTimestamp, -SLACK_MS)) {
    return { problem: `pod ${name} was deleted, and replaced by another one`, hint: ANEW };
  }
  if (status.reason === "Evicted") {
    return {
      problem: `pod ${name} was evicted from its node${why}`,
      hint: "set its requests (memory, ephemeral-storage) to what it uses, and run it again",
    };
  }
  if (metadata.deletionTimestamp !== undefined) {
    return { problem: `pod ${name} is being deleted${why}`, hint: ANEW };
  }
  for (const container of status.containerStatuses) {
    const ended = endOf(container, (time) => after(time, SLACK_MS));
    if (ended !== undefined) return ofContainer(container, name, ended);
  }
  return undefined;
}

/** The end of a container that ran when the stream was opened; else undefined. */
function endOf(
  { state, lastState }: ContainerStatus,
  after: (time: string | undefined) => boolean,
): Terminated | undefined {
  // A container that had ended before can't have run the stream's program.
  const terminated = state.terminated ?? lastState.terminated;
  return after(terminated?.finishedAt) ? terminated : undefined;
}

function ofContainer(
  { name, state }: ContainerStatus,
  pod: string,
  { reason, exitCode, message }: Terminated,
): Diagnosis {
  const again = state.isRunning
    ? ", and was started again"
    : state.waiting === undefined
    ? ""
    : `, and waits (${state.waiting})`;
  const text = message?.trim().split("\n").at(-1);
  const said = text === undefined || text === "" ? "" : `: ${text}`;
  const where = `container ${name} of pod ${pod}`;
  if (reason === "OOMKilled") {
    return {
      problem: `${where} ran out of memory and was killed (OOMKilled, exit code ${exitCode})` +
        again,
      hint: "raise the container's resources.limits.memory, or build less at once",
    };
  }
  const how = exitCode > 128 ? `was ended by signal ${exitCode - 128}` : "ended";
  return {
    problem: `${where} ${how} (${reason ?? "no reason"}, exit code ${exitCode})${said}${again}`,
    hint: "the container's own log says why; run it again when the pod is ready",
  };
}
