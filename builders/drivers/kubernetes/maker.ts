/**
 * Boots, stops and removes the pods of a `kubernetes` node by the API server, as buildx does.
 * Either tool can use, stop and remove what the other made.
 */
import { onAbort } from "../../../base/async.ts";
import { fieldsOf } from "../../../base/json.ts";
import { humanDuration } from "../../../base/go/human_duration.ts";
import { KubeRefusal } from "../../../transports/kube/api.ts";
import type { DialContext } from "../../../transports/transport.ts";
import { BuilderError } from "../../builder_error.ts";
import { type MakeContext, type Maker, step } from "../../making/maker.ts";
import {
  ask,
  askUnlessGone,
  configMapPath,
  type NodeCluster,
  nodeClusterOf,
  requireOurs,
  type Workload,
  workloadAt,
  workloadPath,
} from "./cluster.ts";
import { examinePods } from "./examine.ts";
import { hasVolumes } from "./names.ts";
import { type ConfigMap, nodeObjects } from "./objects.ts";
import { readPodOptions } from "./options.ts";
import { waitForPods } from "./wait.ts";

export const maker: Maker = {
  planForm: "yaml",
  check: (node) => void readPodOptions(node),

  plan(node) {
    const options = readPodOptions(node);
    const { configMaps, workload } = nodeObjects(node, options);
    const { namespace } = options;
    const all = [...configMaps, workload].map((object) => ({
      ...object,
      metadata: { ...namespace && { namespace }, ...fieldsOf(object["metadata"]) },
    }));
    return Promise.resolve(all);
  },

  async boot(node, context) {
    const { replicas, timeout } = readPodOptions(node);
    const at = await nodeClusterOf(node, context);
    const found = await workloadAt(at, context);
    // An image may still be on its way, so the pods stay, as after a failure.
    using _interrupted = onAbort(context.signal, () => {
      const { kubectl, namespace } = at.target;
      const remove = `${kubectl} delete -n ${namespace} ${at.shown}`;
      context.steps.log(`${at.shown} may still get ready; to remove it: ${remove}\n`);
    });
    if (found === undefined) await create(at, context);
    else {
      requireOurs(at, found);
      if (found.replicas === 0) await scaleUp(at, replicas, context);
    }
    const wanted = found === undefined || found.replicas === 0
      ? replicas
      : Math.min(replicas, found.replicas);
    const name = `waiting for ${wanted} pods to be ready, timeout: ${humanDuration(timeout)}`;
    await step(context, name, () => waitForPods(at, wanted, timeout, context));
  },

  examine: async (node, context) => await examinePods(await nodeClusterOf(node, context), context),

  /** The workload is removed: buildx makes it again, but scales none up. Claims and files stay. */
  async stop(node, context) {
    const at = await nodeClusterOf(node, context);
    const found = await workloadAt(at, context);
    if (found === undefined) return;
    requireOurs(at, found);
    await removeWorkload(at, found, context);
  },

  async remove(node, { keepState }, context) {
    const at = await nodeClusterOf(node, context);
    const found = await workloadAt(at, context);
    if (found !== undefined) {
      requireOurs(at, found);
      await removeWorkload(at, found, context);
    }
    const options = readPodOptions(node);
    for (const map of nodeObjects(node, options).configMaps) {
      const there = await configMapAt(at, map, context);
      if (there?.isOurs) {
        await askUnlessGone(at, configMapPath(at, map.metadata.name), context, {
          method: "DELETE",
          body: preconditions(there.uid),
        });
      }
    }
    if (!hasVolumes(node) || keepState) return;
    const { namespace, kubectl } = at.target;
    const claims = Array.from({ length: options.replicas }, (_, i) => `buildkitd-${at.name}-${i}`);
    return `the volumes of node ${node.name} stay, as with buildx; remove them by ` +
      `${kubectl} delete pvc -n ${namespace} ${claims.join(" ")}`;
  },
};

async function create(at: NodeCluster, context: MakeContext): Promise<void> {
  const { configMaps, workload } = nodeObjects(at.node, readPodOptions(at.node));
  await step(context, `creating ${at.shown}`, async () => {
    const made: ConfigMap[] = [];
    try {
      for (const map of configMaps) if (await putConfigMap(at, map, context)) made.push(map);
      await ask(at, workloadPath(at, ""), context, { method: "POST", body: workload }, [409]);
    } catch (error) {
      // Another client is booting the same builder.
      if (error instanceof KubeRefusal) return requireOurs(at, await theirs(at, context));
      await discard(at, made, context);
      throw error;
    }
  });
}

async function theirs(at: NodeCluster, context: DialContext): Promise<Workload> {
  const found = await workloadAt(at, context);
  if (found !== undefined) return found;
  throw new BuilderError(`${at.shown} was removed while it was booting`, {
    hint: "another program uses the same builder: run the command again",
  });
}

/** Makes or replaces a ConfigMap. Returns whether it is new. */
async function putConfigMap(at: NodeCluster, map: ConfigMap, context: DialContext) {
  const { name } = map.metadata;
  try {
    await ask(at, configMapPath(at), context, { method: "POST", body: map }, [409]);
    return true;
  } catch (error) {
    if (!(error instanceof KubeRefusal)) throw error;
  }
  const found = await configMapAt(at, map, context);
  if (found !== undefined && !found.isOurs) {
    const { namespace, kubectl } = at.target;
    throw new BuilderError(
      `configmap/${name} in namespace ${namespace} does not belong to a builder: it has other files`,
      {
        hint: `choose another --node or namespace, or check whether it is still needed: ` +
          `${kubectl} describe -n ${namespace} configmap/${name}`,
      },
    );
  }
  await ask(at, configMapPath(at, name), context, { method: "PUT", body: map });
  return false;
}

/** The ConfigMap of that name. A builder's has no labels, and no other files than the builder's. */
async function configMapAt(at: NodeCluster, map: ConfigMap, context: DialContext) {
  const found = await askUnlessGone(at, configMapPath(at, map.metadata.name), context);
  if (found === undefined) return undefined;
  const { metadata, data, binaryData } = fieldsOf(found);
  const { labels, uid } = fieldsOf(metadata);
  const isOurs = labels === undefined && binaryData === undefined &&
    Object.keys(fieldsOf(data)).every((file) => map.data[file] !== undefined);
  return { isOurs, uid: String(uid) };
}

/** Removes the ConfigMaps of a workload that could not be made. */
async function discard(
  at: NodeCluster,
  made: readonly ConfigMap[],
  { env, log }: DialContext,
): Promise<void> {
  // The boot may end because of Ctrl-C.
  const context = { signal: AbortSignal.timeout(5000), env, log, step: () => {} };
  for (const { metadata } of made) {
    const path = configMapPath(at, metadata.name);
    await askUnlessGone(at, path, context, { method: "DELETE" }).catch(() => {});
  }
}

async function scaleUp(at: NodeCluster, replicas: number, context: MakeContext): Promise<void> {
  await step(
    context,
    `scaling ${at.shown} up to ${replicas}, because it was scaled to zero`,
    () => ask(at, workloadPath(at), context, { method: "PATCH", body: { spec: { replicas } } }),
  );
}

async function removeWorkload(
  at: NodeCluster,
  { uid }: Workload,
  context: DialContext,
): Promise<void> {
  const body = preconditions(uid);
  await askUnlessGone(at, workloadPath(at), context, { method: "DELETE", body });
}

/** Nothing else that has got the name meanwhile is deleted. The pods go, too. */
function preconditions(uid: string) {
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions: { uid },
    propagationPolicy: "Background",
  };
}
