/** Finds out why a node's pods don't get ready. */
import { errorText } from "../../../base/error_text.ts";
import { fieldsOf } from "../../../base/json.ts";
import { mapsIn, textsIn } from "../../../transports/kube/values.ts";
import { inNamespace } from "../../../transports/kube/pod_dial.ts";
import type { DialContext } from "../../../transports/transport.ts";
import { ask, type NodeCluster, podsAt, type Workload } from "./cluster.ts";

/** The reason of one pod, or of the workload, in one line. */
export interface Reason {
  /** The pod; undefined for the workload itself. */
  readonly pod?: string;
  readonly text: string;
  /** No waiting helps. */
  readonly isFinal: boolean;
}

/** The number of restarts after which a pod is given up. */
const MOST_RESTARTS = 3;
/** The longest text of the cluster's that is shown, in characters. */
const LONGEST = 400;

/** The reasons; those of pods come after the workload's. Accounts that may not ask get fewer. */
export async function reasonsOf(
  at: NodeCluster,
  workload: Workload,
  context: DialContext,
): Promise<Reason[]> {
  const ifAllowed = (asked: Promise<Item[]>) =>
    asked.catch((error) => {
      context.signal.throwIfAborted();
      context.log(errorText(error));
      return [];
    });
  const [pods, events] = await Promise.all([
    ifAllowed(podsAt(at, context)),
    ifAllowed(warningsAt(at, context)),
  ]);
  const ofPods = pods.flatMap((pod) => reasonOf(pod, events) ?? []);
  const own = workload.failure ??
    (pods.length === 0 ? failedCreate(at.name, events) : undefined);
  if (own !== undefined) return [{ text: plain(own), isFinal: false }, ...ofPods];
  if (pods.length === 0 && workload.replicas > 0) {
    return [{ text: `${at.shown} has no pods yet`, isFinal: false }];
  }
  return ofPods;
}

type Item = Readonly<Record<string, unknown>>;

async function warningsAt(at: NodeCluster, context: DialContext): Promise<Item[]> {
  const path = `/api/v1/${inNamespace(at.target.namespace, "events")}?fieldSelector=type%3DWarning`;
  return mapsIn(fieldsOf(await ask(at, path, context))["items"]);
}

/** The reason of a pod that isn't ready; undefined for one that is. */
export function reasonOf(pod: Item, events: readonly Item[]): Reason | undefined {
  const { metadata, spec, status } = pod;
  const { name = "" } = textsIn(metadata, "name");
  const { phase = "of unknown state", reason, message } = textsIn(
    status,
    "phase",
    "reason",
    "message",
  );
  const conditions = mapsIn(fieldsOf(status)["conditions"]);
  const isTrue = (type: string) =>
    conditions.some((each) => each["type"] === type && each["status"] === "True");
  if (isTrue("Ready")) return undefined;
  const say = (text: string, isFinal = false): Reason => ({
    pod: name,
    text: plain(`pod ${name} ${text}`),
    isFinal,
  });
  if (fieldsOf(metadata)["deletionTimestamp"] !== undefined) return say("is being deleted");
  if (reason === "Evicted") return say(`was evicted from its node: ${message ?? "no reason"}`);
  const containers = [
    ...mapsIn(fieldsOf(status)["initContainerStatuses"]),
    ...mapsIn(fieldsOf(status)["containerStatuses"]),
  ];
  for (const container of containers) {
    const found = containerReason(container, imageOf(spec, container["name"]), say);
    if (found !== undefined) return found;
  }
  const scheduled = conditions.find((each) => each["type"] === "PodScheduled");
  if (scheduled?.["status"] === "False") {
    const why = textsIn(scheduled, "message", "reason");
    return say(`can't be scheduled: ${why.message ?? why.reason ?? "no reason"}`);
  }
  const event = lastOf(events, name);
  if (event !== undefined) return say(`is ${phase}: ${event}`);
  return say(phase === "Running" ? "is running but not ready yet" : `is ${phase}`);
}

function containerReason(
  container: Item,
  image: string,
  say: (text: string, isFinal?: boolean) => Reason,
): Reason | undefined {
  const { name = "" } = textsIn(container, "name");
  const { restartCount = 0 } = container as { restartCount?: number };
  const { waiting, terminated } = fieldsOf(container["state"]);
  const last = fieldsOf(fieldsOf(container["lastState"])["terminated"]);
  const ended = terminated !== undefined ? fieldsOf(terminated) : last;
  const isOver = restartCount >= MOST_RESTARTS;
  if (ended["exitCode"] !== undefined && ended["exitCode"] !== 0) {
    const { reason = "Error", message } = textsIn(ended, "reason", "message");
    const said = message?.trim().split("\n").at(-1);
    const memory = reason === "OOMKilled" ? ": it ran out of memory, see limits.memory" : "";
    const times = restartCount > 0 ? `, and was started again ${restartCount} times` : "";
    return say(
      `has a container ${name} that ended (${reason}, exit code ${ended["exitCode"]})` +
        `${memory}${said ? `: ${said}` : ""}${times}`,
      isOver,
    );
  }
  if (waiting === undefined) return undefined;
  const { reason = "", message } = textsIn(waiting, "reason", "message");
  if (reason === "" || ["ContainerCreating", "PodInitializing"].includes(reason)) return undefined;
  if (/Image|ErrImage/.test(reason)) {
    const why = message === undefined || /^Back-off/.test(message) ? "" : `: ${message}`;
    return say(`can't get the image ${image} (${reason})${why}`, reason === "InvalidImageName");
  }
  return say(`has a container ${name} that waits (${reason})${message ? `: ${message}` : ""}`);
}

function imageOf(spec: unknown, name: unknown): string {
  const all = [
    ...mapsIn(fieldsOf(spec)["initContainers"]),
    ...mapsIn(fieldsOf(spec)["containers"]),
  ];
  const found = all.find((each) => each["name"] === name);
  return textsIn(found, "image").image ?? "of the pod";
}

/** The last warning about a pod. */
function lastOf(events: readonly Item[], pod: string): string | undefined {
  return newest(events.filter((event) => textsIn(event["involvedObject"], "name").name === pod));
}

/** The last warning of the controller that it can't create the pods of a workload. */
function failedCreate(workload: string, events: readonly Item[]): string | undefined {
  return newest(events.filter((event) => {
    const { name = "" } = textsIn(event["involvedObject"], "name");
    return event["reason"] === "FailedCreate" &&
      (name === workload || name.startsWith(`${workload}-`));
  }));
}

function newest(events: readonly Item[]): string | undefined {
  const timeOf = (event: Item) => {
    const { lastTimestamp, eventTime } = textsIn(event, "lastTimestamp", "eventTime");
    return lastTimestamp ?? eventTime ?? textsIn(event["metadata"], "creationTimestamp")
      .creationTimestamp ??
      "";
  };
  const last = events.toSorted((a, b) => timeOf(a) < timeOf(b) ? -1 : 1).at(-1);
  return textsIn(last, "message").message;
}

/** One line without control characters, because the text is the cluster's. */
function plain(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
