/** The objects of a node in Kubernetes, the same as buildx's. */
import { byKey } from "../../../base/by_key.ts";
import { baseName } from "../../../base/paths.ts";
import { CONFIG_DIR } from "../../making/config_paths.ts";
import { formatPlatform } from "../../platforms.ts";
import type { StoredNode } from "../../store/node_group.ts";
import { APP, hasVolumes, PLATFORMS, workloadOf } from "./names.ts";
import type { PodOptions } from "./options.ts";

export type KubeObject = Readonly<Record<string, unknown>>;

/** A ConfigMap with the files of one folder of the daemon's configuration. */
export interface ConfigMap {
  readonly metadata: { readonly name: string; readonly annotations: Labels };
  readonly data: Labels;
}

type Labels = Readonly<Record<string, string>>;

export interface NodeObjects {
  readonly configMaps: readonly (KubeObject & ConfigMap)[];
  /** The Deployment, or with volumes the StatefulSet. */
  readonly workload: KubeObject;
}

/** The daemon's container in a pod. */
export const CONTAINER = "buildkitd";
/** The daemon's folder for its cache and records, as root. */
const STATE_DIR = "/var/lib/buildkit";
/** The same, for a daemon without root's rights. */
const ROOTLESS_STATE_DIR = "/home/user/.local/share/buildkit";
/** The volume of the state: of a claim, or of a rootless daemon. */
const STATE = "buildkitd";
/** The volume of a state in memory. */
const MEMORY = "buildkit-memory";

/** The time limits in a probe are seconds. */
const PROBE = {
  exec: { command: ["buildctl", "debug", "workers"] },
  ...{ failureThreshold: 3, initialDelaySeconds: 5, periodSeconds: 30, successThreshold: 1 },
  timeoutSeconds: 60,
};

export function nodeObjects(node: StoredNode, options: PodOptions): NodeObjects {
  const name = workloadOf(node);
  const labels = { [APP]: name, ...options.labels };
  const platforms = (node.platforms ?? []).map(formatPlatform).join(",");
  const annotations = {
    ...platforms && { [PLATFORMS]: platforms },
    ...options.annotations,
    ...options.rootless &&
      { [`container.apparmor.security.beta.kubernetes.io/${CONTAINER}`]: "unconfined" },
  };
  const metadata = { name, ...notEmpty({ labels, annotations }) };
  const configMaps = configMapsOf(node, name, annotations);
  const template = {
    metadata: notEmpty({ labels, annotations }),
    spec: podSpec(node, options, configMaps),
  };
  const spec = { replicas: options.replicas, selector: { matchLabels: labels }, template };
  const type = { apiVersion: "apps/v1", kind: hasVolumes(node) ? "StatefulSet" : "Deployment" };
  return {
    configMaps: configMaps.map(({ object }) => object),
    workload: hasVolumes(node)
      ? { ...type, metadata, spec: { ...spec, ...statefulParts(options) } }
      : { ...type, metadata, spec },
  };
}

function statefulParts({ amounts }: PodOptions) {
  return {
    serviceName: "buildkitd",
    podManagementPolicy: "Parallel",
    volumeClaimTemplates: [{
      metadata: { name: STATE },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: amounts["persistent-volume-claim.requests.storage"] } },
      },
    }],
  };
}

interface ConfigFolder {
  /** `config`, `config-1`, …: the volume's name, and the end of the ConfigMap's. */
  readonly volume: string;
  readonly mountPath: string;
  readonly object: KubeObject & ConfigMap;
}

/** A ConfigMap has no folders, so each folder of files becomes a ConfigMap. */
function configMapsOf(node: StoredNode, name: string, annotations: Labels): ConfigFolder[] {
  const folders = new Map<string, Record<string, string>>();
  for (
    const [path, base64] of Object.entries(node.files ?? {}).sort(byKey)
  ) {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const files = folders.get(folder) ?? {};
    files[baseName(path)] = new TextDecoder().decode(Uint8Array.fromBase64(base64));
    folders.set(folder, files);
  }
  let count = 0;
  return [...folders].map(([folder, data]) => {
    const volume = folder === "" ? "config" : `config-${++count}`;
    const metadata = { name: `${name}-${volume}`, annotations };
    return {
      volume,
      mountPath: folder === "" ? CONFIG_DIR : `${CONFIG_DIR}/${folder}`,
      object: { apiVersion: "v1", kind: "ConfigMap", metadata, data },
    };
  });
}

function podSpec(node: StoredNode, options: PodOptions, configs: readonly ConfigFolder[]) {
  const state = stateVolume(node, options);
  const mounts = [
    ...configs.map(({ volume, mountPath }) => ({ name: volume, mountPath })),
    ...state.mounts,
  ];
  const volumes = [
    ...configs.map(({ volume, object }) => ({
      name: volume,
      configMap: { name: object.metadata.name },
    })),
    ...state.volumes,
  ];
  const args = [
    ...node.flags ?? [],
    ...options.rootless ? ["--oci-worker-no-process-sandbox"] : [],
  ];
  const { serviceAccount, scheduler } = options;
  const privileged = { privileged: true };
  return {
    ...serviceAccount && { serviceAccountName: serviceAccount },
    ...scheduler && { schedulerName: scheduler },
    ...options.installQemu && {
      initContainers: [{
        ...{ name: "qemu", image: options.qemuImage, args: ["--install", "all"] },
        securityContext: privileged,
      }],
    },
    containers: [{
      ...{ name: CONTAINER, image: options.image },
      ...notEmpty({ args, env: options.env }),
      securityContext: options.rootless ? { seccompProfile: { type: "Unconfined" } } : privileged,
      ...{ readinessProbe: PROBE, livenessProbe: PROBE },
      ...notEmpty({ resources: resourcesOf(options), volumeMounts: mounts }),
    }],
    ...notEmpty({
      volumes,
      nodeSelector: options.nodeSelector,
      tolerations: options.tolerations,
    }),
  };
}

/** The volume of the daemon's state; none: the container's own file system has it. */
function stateVolume(node: StoredNode, { rootless, amounts }: PodOptions) {
  const size = amounts["buildkit-root-volume-memory"];
  const memory = size === undefined ? {} : { medium: "Memory", sizeLimit: size };
  if (rootless) {
    return {
      mounts: [{ name: STATE, mountPath: ROOTLESS_STATE_DIR }],
      volumes: [{ name: STATE, emptyDir: memory }],
    };
  }
  const volumes = size === undefined ? [] : [{ name: MEMORY, emptyDir: memory }];
  // With a claim, the volume in memory is declared and not mounted, as in buildx.
  if (hasVolumes(node)) return { mounts: [{ name: STATE, mountPath: STATE_DIR }], volumes };
  return { mounts: volumes.map(({ name }) => ({ name, mountPath: STATE_DIR })), volumes };
}

function resourcesOf({ amounts }: PodOptions) {
  const requests = notEmpty({ cpu: amounts["requests.cpu"], memory: amounts["requests.memory"] });
  const limits = notEmpty({
    cpu: amounts["limits.cpu"],
    memory: amounts["limits.memory"],
    // buildx makes a limit of the request, too.
    "ephemeral-storage": amounts["limits.ephemeral-storage"] ??
      amounts["requests.ephemeral-storage"],
  });
  return notEmpty({ requests, limits });
}

/** The fields that are set, and neither an empty list nor an empty object. */
function notEmpty(fields: KubeObject): KubeObject {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) =>
      value !== undefined && (typeof value !== "object" || Object.keys(value!).length > 0)
    ),
  );
}
