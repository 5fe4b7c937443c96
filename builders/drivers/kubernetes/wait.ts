/** Waits until a node's pods are ready, and says why they aren't. */
import { after, pause, withTimeout } from "../../../base/async.ts";
import { inNamespace } from "../../../transports/kube/pod_dial.ts";
import { KubeRefusal } from "../../../transports/kube/api.ts";
import type { DialContext } from "../../../transports/transport.ts";
import { BuilderError } from "../../builder_error.ts";
import { logLines, reasonIn } from "../../making/log_reason.ts";
import type { MakeContext } from "../../making/maker.ts";
import { type NodeCluster, podsAt, type Workload, workloadAt } from "./cluster.ts";
import { APP } from "./names.ts";
import { CONTAINER } from "./objects.ts";
import { type Reason, reasonOf, reasonsOf } from "./reasons.ts";

/** Milliseconds between two looks at the workload, and the looks between two at its pods. */
const LOOK = 100, PODS = 10;
/** The longest part of a log that is read, in bytes. */
const LOG_BYTES = 64 << 10;

/** @param most the limit, in milliseconds */
export async function waitForPods(
  at: NodeCluster,
  wanted: number,
  most: number,
  context: MakeContext,
): Promise<void> {
  const late = new AbortController();
  const stop = after(Math.max(most, 1), () => late.abort());
  const signal = AbortSignal.any([context.signal, late.signal]);
  const patient = { ...context, signal };
  let reasons: Reason[] = [];
  const told = new Set<string>();
  try {
    for (let look = 0;; look++) {
      const workload = await workloadAt(at, patient);
      if (workload === undefined) throw deletedMeanwhile(at);
      if (workload.ready >= wanted && await areReady(at, wanted, patient)) return;
      // Most pods need some seconds; their reasons are asked for seldom.
      if (look % PODS === PODS - 1) {
        reasons = await reasonsOf(at, workload, patient);
        for (const { text } of reasons.filter(({ text }) => !told.has(text))) {
          told.add(text);
          context.steps.log(`${text}\n`);
        }
        if (reasons.some(({ isFinal }) => isFinal)) {
          throw await notReady(at, workload, wanted, reasons, context);
        }
      }
      await pause(LOOK, signal);
    }
  } catch (error) {
    context.signal.throwIfAborted();
    if (!late.signal.aborted) throw error;
    const last = {
      ...context,
      signal: withTimeout(context.signal, 5000),
    };
    const workload = await workloadAt(at, last).catch(() => undefined);
    if (workload !== undefined && workload.ready >= wanted) return;
    if (workload !== undefined) reasons = await reasonsOf(at, workload, last).catch(() => reasons);
    context.signal.throwIfAborted();
    throw await notReady(at, workload, wanted, reasons, last, most);
  } finally {
    stop();
  }
}

/** The pods' own word: the workload's status still counts a pod that was lost a moment ago. */
async function areReady(at: NodeCluster, wanted: number, context: DialContext): Promise<boolean> {
  const pods = await podsAt(at, context);
  return pods.filter((pod) => reasonOf(pod, []) === undefined).length >= wanted;
}

function deletedMeanwhile({ shown, target }: NodeCluster): BuilderError {
  return new BuilderError(
    `${shown} of namespace ${target.namespace} was deleted while it was booting`,
    {
      hint: "another program uses the same builder: run the command again",
    },
  );
}

async function notReady(
  at: NodeCluster,
  workload: Workload | undefined,
  wanted: number,
  reasons: readonly Reason[],
  context: DialContext,
  after?: number,
): Promise<BuilderError> {
  const { shown, target: { kubectl, namespace } } = at;
  const ended = reasons.find(({ pod, text }) => pod !== undefined && /that ended/.test(text));
  const line = ended === undefined ? undefined : await reasonInLog(at, ended.pod!, context);
  const why = [
    ...reasons.slice(0, 3).map(({ text }) => text),
    ...reasons.length > 3 ? [`and ${reasons.length - 3} more pods`] : [],
    ...line === undefined ? [] : [`its log says: ${line}`],
  ];
  const limit = after === undefined ? "" : ` after ${after / 1000}s`;
  return new BuilderError(
    `expected ${wanted} replicas to be ready, got ${workload?.ready ?? 0}${limit}` +
      (why.length === 0 ? "" : `: ${why.join("; ")}`),
    {
      hint: `see ${kubectl} describe pods -n ${namespace} -l ${APP}=${at.name}; wait longer with ` +
        `--driver-opt timeout=5m; remove it by ${kubectl} delete -n ${namespace} ${shown}`,
    },
  );
}

/**
 * The line of a container's log that says why it ended; undefined for an account that may not read
 * it.
 */
async function reasonInLog(
  { target, node }: NodeCluster,
  pod: string,
  context: DialContext,
): Promise<string | undefined> {
  const { callKube } = await import("../../../transports/kube/api.ts");
  const { readText } = await import("../../../transports/net/http1.ts");
  const path = `/api/v1/${inNamespace(target.namespace, "pods")}/${encodeURIComponent(pod)}/log`;
  const query = new URLSearchParams({
    container: CONTAINER,
    tailLines: "200",
    limitBytes: String(LOG_BYTES),
  });
  for (const previous of ["true", "false"]) {
    query.set("previous", previous);
    try {
      const request = { path: `${path}?${query}` };
      const { http, stream } = await callKube(target, request, node.endpoint, context);
      const text = await readText(http, LOG_BYTES).finally(() => stream.close());
      // The kubelet answers with this text when it has already removed the log.
      if (text.startsWith("unable to retrieve container logs")) continue;
      const line = reasonIn(logLines(text));
      if (line !== undefined) return line.slice(0, 300);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof KubeRefusal)) return undefined;
    }
  }
  return undefined;
}
