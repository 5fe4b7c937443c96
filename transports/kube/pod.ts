/** Pods in the API server's answers, which may be of any shape. */
import { fieldsOf, itemsOf } from "../../base/json.ts";
import { mapsIn, NAME, textsIn } from "./values.ts";

/** The fields of the API's pod that are used here. */
export type Pod = ReturnType<typeof podOf>;
/** A container's present state, and its state before the last restart. */
export type ContainerStatus = Pod["status"]["containerStatuses"][number];
/** How a container ended: the reason (`OOMKilled`, `Error`, …), and RFC 3339 in whole seconds. */
export type Terminated = NonNullable<ContainerStatus["state"]["terminated"]>;

/** The pods of a list, without those that have no valid name. */
export function podsIn(list: unknown): Pod[] {
  return itemsOf(fieldsOf(list).items).map(podOf).filter(({ name }) => NAME.test(name));
}

/** Reads a pod; a field of another type than the API's is left out. */
export function podOf(value: unknown) {
  const { metadata, spec, status } = fieldsOf(value);
  const { conditions, containerStatuses } = fieldsOf(status);
  const annotations = fieldsOf(fieldsOf(metadata).annotations);
  return {
    name: "",
    ...textsIn(metadata, "name"),
    metadata: {
      ...textsIn(metadata, "creationTimestamp", "deletionTimestamp"),
      annotations: textsIn(annotations, ...Object.keys(annotations)),
    },
    containers: mapsIn(fieldsOf(spec).containers)
      .flatMap(({ name }) => typeof name === "string" ? [name] : []),
    status: {
      ...textsIn(status, "phase", "reason", "message"),
      conditions: mapsIn(conditions)
        .map((condition) => textsIn(condition, "type", "status", "message")),
      containerStatuses: mapsIn(containerStatuses).map((container) => ({
        name: "",
        ...textsIn(container, "name"),
        state: containerState(container.state),
        lastState: containerState(container.lastState),
      })),
    },
  };
}

function containerState(value: unknown) {
  const { running, waiting, terminated } = fieldsOf(value);
  const { exitCode } = fieldsOf(terminated);
  return {
    isRunning: running !== undefined,
    waiting: textsIn(waiting, "reason").reason,
    terminated: terminated === undefined ? undefined : {
      ...textsIn(terminated, "reason", "message", "finishedAt"),
      exitCode: typeof exitCode === "number" ? exitCode : 0,
    },
  };
}

/** Returns `ready`, or the reason in words why the pod can't be used. */
export function stateOf({ metadata, status }: Pod): string {
  if (metadata.deletionTimestamp !== undefined) return "terminating";
  const waiting = status.containerStatuses.map(({ state }) => state.waiting)
    .find((reason) => reason !== undefined);
  const why = waiting === undefined ? "" : ` (${waiting})`;
  if (status.phase !== "Running") return `${status.phase ?? "of unknown state"}${why}`;
  const ready = status.conditions.find(({ type }) => type === "Ready")?.status === "True";
  return ready ? "ready" : `not ready${why}`;
}

/** Kubectl's choice of a container: the one in the pod's annotation, else the first. */
export function defaultContainer({ metadata, containers }: Pod): string | undefined {
  const named = metadata.annotations["kubectl.kubernetes.io/default-container"];
  return named !== undefined && containers.includes(named) ? named : containers[0];
}
