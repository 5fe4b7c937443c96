/** Pods in the API server's answers, which may be of any shape. */
import { fieldsOf } from "../../base/json.ts";
import { mapsIn, NAME, textsIn } from "./values.ts";

/** The fields of the API's pod that are used here. */
export interface Pod {
  readonly name: string;
  readonly metadata?: {
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly {
      readonly type?: string;
      readonly status?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** The present state of a container, and its state before the last restart. */
export interface ContainerStatus {
  readonly name: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly running?: { readonly startedAt?: string };
  readonly waiting?: { readonly reason?: string };
  readonly terminated?: Terminated;
}

/** How a container ended. */
export interface Terminated {
  /** `OOMKilled`, `Error`, `Completed`, … */
  readonly reason?: string;
  readonly exitCode?: number;
  readonly message?: string;
  /** RFC 3339, in whole seconds. */
  readonly finishedAt?: string;
}

/** The pods of a list, without those that have no valid name. */
export function podsIn(list: unknown): Pod[] {
  return mapsIn(fieldsOf(list).items).map(podOf).filter(({ name }) => NAME.test(name));
}

/** Reads a pod; a field of another type than the API's is left out. */
export function podOf(value: unknown): Pod {
  const { metadata, spec, status } = fieldsOf(value);
  const { name = "" } = textsIn(metadata, "name");
  const annotations = fieldsOf(fieldsOf(metadata).annotations);
  const containers = (list: unknown) =>
    mapsIn(list).flatMap(({ name }) => typeof name === "string" ? [{ name }] : []);
  return {
    name,
    metadata: {
      ...textsIn(metadata, "creationTimestamp", "deletionTimestamp"),
      annotations: textsIn(annotations, ...Object.keys(annotations)) as Record<string, string>,
    },
    spec: { containers: containers(fieldsOf(spec).containers) },
    status: {
      ...textsIn(status, "phase", "reason", "message"),
      conditions: mapsIn(fieldsOf(status).conditions)
        .map((condition) => textsIn(condition, "type", "status", "message")),
      containerStatuses: mapsIn(fieldsOf(status).containerStatuses).map((container) => ({
        name: "",
        ...textsIn(container, "name"),
        state: containerState(container.state),
        lastState: containerState(container.lastState),
      })),
    },
  };
}

function containerState(value: unknown): ContainerState {
  const { running, waiting, terminated } = fieldsOf(value);
  const { exitCode } = fieldsOf(terminated);
  return {
    ...running !== undefined && { running: textsIn(running, "startedAt") },
    ...waiting !== undefined && { waiting: textsIn(waiting, "reason") },
    ...terminated !== undefined && {
      terminated: {
        ...textsIn(terminated, "reason", "message", "finishedAt"),
        ...typeof exitCode === "number" && { exitCode },
      },
    },
  };
}

/** Returns `ready`, or the reason in words why the pod can't be used. */
export function stateOf(pod: Pick<Pod, "metadata" | "status">): string {
  const { metadata, status } = pod;
  if (metadata?.deletionTimestamp !== undefined) return "terminating";
  const waiting = status?.containerStatuses?.map(({ state }) => state?.waiting?.reason)
    .find((reason) => reason !== undefined);
  if (status?.phase !== "Running") {
    return `${status?.phase ?? "of unknown state"}${waiting === undefined ? "" : ` (${waiting})`}`;
  }
  const ready = status.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  if (ready) return "ready";
  return waiting === undefined ? "not ready" : `not ready (${waiting})`;
}

/** Kubectl's choice of a container: the one in the pod's annotation, else the first. */
export function defaultContainer(
  { metadata, spec }: Pick<Pod, "metadata" | "spec">,
): string | undefined {
  const named = metadata?.annotations?.["kubectl.kubernetes.io/default-container"];
  const names = spec?.containers?.map(({ name }) => name) ?? [];
  return named !== undefined && names.includes(named) ? named : names[0];
}
