/** Says in words what is there of a node's pods. */
import { fieldsOf } from "../../../base/json.ts";
import { mapsIn, textsIn } from "../../../transports/kube/values.ts";
import type { DialContext } from "../../../transports/transport.ts";
import type { MadeState } from "../../making/maker.ts";
import { type NodeCluster, podsAt, workloadAt } from "./cluster.ts";
import { APP } from "./names.ts";
import { reasonsOf } from "./reasons.ts";

/** Describes the pods of a node; for a node with a chosen pod, that pod alone. */
export async function examinePods(at: NodeCluster, context: DialContext): Promise<MadeState> {
  const { shown, target: { namespace }, node: { member } } = at;
  const workload = await workloadAt(at, context);
  if (workload === undefined) {
    const text = `there is no ${shown} in namespace ${namespace}`;
    return { what: "pods", text, more: [], isWell: false, data: { workload: null } };
  }
  const pods = (await podsAt(at, context)).map(podFacts)
    .filter(({ name }) => member === undefined || name === member.name);
  const reasons = (await reasonsOf(at, workload, context))
    .filter(({ pod }) => member === undefined || pod === undefined || pod === member.name);
  const { ready, replicas } = workload;
  const [reason] = reasons;
  return {
    what: "pods",
    text: `${shown} in namespace ${namespace}: ${ready} of ${replicas} pods ready`,
    more: [
      ...pods.map(({ name, node, restarts, last }) =>
        `${name}${node && ` on ${node}`}, ` +
        `${restarts === 0 ? "never restarted" : `restarted ${restarts} times`}` +
        `${last === undefined ? "" : `; the last end: ${last}`}`
      ),
      ...reasons.map(({ text }) => text),
    ],
    isWell: ready >= replicas && replicas > 0 && pods.every(({ restarts }) => restarts === 0),
    why: reason && `${reason.text}; ${remedyOf(reason.text, at)}`,
    data: { workload: shown, namespace, ready, replicas, pods },
  };
}

function podFacts({ metadata, spec, status }: Readonly<Record<string, unknown>>) {
  const containers = mapsIn(fieldsOf(status)["containerStatuses"]);
  const restarts = containers.map(({ restartCount }) => Number(restartCount) || 0)
    .reduce((a, b) => a + b, 0);
  const ended = containers.map(({ lastState }) => fieldsOf(fieldsOf(lastState)["terminated"]))
    .find(({ exitCode }) => exitCode !== undefined);
  const { reason = "Error" } = textsIn(ended, "reason");
  return {
    name: textsIn(metadata, "name").name ?? "",
    node: textsIn(spec, "nodeName").nodeName ?? "",
    restarts,
    ...ended !== undefined && { last: `${reason}, exit code ${ended["exitCode"]}` },
  };
}

/** The remedy for a pod that doesn't get ready, chosen by the cluster's message about it. */
function remedyOf(text: string, { name, target: { kubectl, namespace } }: NodeCluster): string {
  const rules: readonly [RegExp, string][] = [
    [/can't be scheduled/, "give the cluster room, or ask for less: nodeselector, requests.*"],
    [/can't get the image/, "check --driver-opt image, and whether the nodes may pull it"],
    [/ran out of memory/, "raise --driver-opt limits.memory"],
    [/was evicted/, "the cluster makes another pod; give it room by requests.*"],
    [/quota/, "raise the quota of the namespace, or ask for less: requests.*, limits.*"],
  ];
  const see = `see ${kubectl} describe pods -n ${namespace} -l ${APP}=${name}`;
  const known = rules.find(([words]) => words.test(text))?.[1];
  return known === undefined ? see : `${known}; ${see}`;
}
