/**
 * The names of the driver options, for messages and completion; the drivers themselves read them.
 */

const IN_CONTAINER = [
  ...["image", "network", "memory", "memory-swap", "cpu-period", "cpu-quota", "cpu-shares"],
  ...["cpuset-cpus", "cpuset-mems", "cgroup-parent", "restart-policy", "env.NAME", "default-load"],
  ...["provenance-add-gha", "allow-untrusted-image"],
];

/** The options whose values are amounts: the driver `kubernetes` hands them to the API server. */
export const AMOUNTS = [
  ...["requests.cpu", "requests.memory", "requests.ephemeral-storage"],
  ...["limits.cpu", "limits.memory", "limits.ephemeral-storage"],
  ...["persistent-volume-claim.requests.storage", "buildkit-root-volume-memory"],
] as const;

/** The options by driver. `env.NAME` stands for all that begin with `env.`. */
export const OPTION_NAMES = {
  "docker-container": IN_CONTAINER,
  kubernetes: [
    ...["image", "namespace", "replicas", ...AMOUNTS, "nodeselector", "annotations", "labels"],
    ...["tolerations", "serviceaccount", "schedulername", "rootless", "loadbalance"],
    ...["qemu.install", "qemu.image", "timeout", "default-load", "env.NAME"],
  ],
  "podman-container": IN_CONTAINER,
  remote: ["cacert", "cert", "key", "servername", "default-load", "transport"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
