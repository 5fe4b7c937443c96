/** The kubelet, which makes this machine the only node. */
import type { Certs, Pair } from "./certs.ts";
import { accepts, type Daemon, makeRoot, startDaemon } from "./daemon.ts";
import { need } from "./tool.ts";

export interface KubeletSpec {
  readonly server: string;
  readonly certs: Certs;
  /** The certificate that the kubelet shows to the API server. */
  readonly node: Pair;
  readonly nodeName: string;
  /** containerd's socket. */
  readonly containerd: string;
  readonly port: number;
}

export async function startKubelet(spec: KubeletSpec): Promise<Daemon> {
  const program = await need("kubelet");
  const root = await makeRoot("klet");
  const { certs, node, server, port } = spec;
  const configuration = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: "127.0.0.1",
    port,
    healthzPort: 0,
    tlsCertFile: certs.server.cert,
    tlsPrivateKeyFile: certs.server.key,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: certs.ca.cert },
    },
    authorization: { mode: "AlwaysAllow" },
    containerRuntimeEndpoint: `unix://${spec.containerd}`,
    podLogsDir: `${root}/logs`,
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // A nearly full disk of the test machine must not evict pods.
    evictionHard: Object.fromEntries(
      ["memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available"]
        .map((signal) => [signal, "0%"]),
    ),
    // Short intervals, because tests wait for the states.
    syncFrequency: "10s",
    nodeStatusUpdateFrequency: "5s",
  };
  const kubeconfig = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "node",
    contexts: [{ name: "node", context: { cluster: "here", user: "node" } }],
    clusters: [{ name: "here", cluster: { server, "certificate-authority": certs.ca.cert } }],
    users: [{ name: "node", user: { "client-certificate": node.cert, "client-key": node.key } }],
  };
  await Deno.writeTextFile(`${root}/config.json`, JSON.stringify(configuration));
  await Deno.writeTextFile(`${root}/kubeconfig`, JSON.stringify(kubeconfig));
  return await startDaemon({
    name: "kubelet",
    command: [
      program,
      `--config=${root}/config.json`,
      `--kubeconfig=${root}/kubeconfig`,
      `--root-dir=${root}/kubelet`,
      `--cert-dir=${root}/certs`,
      `--hostname-override=${spec.nodeName}`,
    ],
    root,
    ready: () => accepts({ hostname: "127.0.0.1", port }),
    readyWithinMs: 60_000,
  });
}
