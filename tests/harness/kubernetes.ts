/**
 * A Kubernetes of one node: etcd, kube-apiserver, containerd and the kubelet, with RBAC, on
 * loopback. There is no scheduler, no controller and no network of pods: a pod names its node and
 * shares the node's network, as `podOf` makes it.
 */
import { type Certs, issue, makeCerts, type Pair } from "./certs.ts";
import { type Daemon, freePort, until } from "./daemon.ts";
import { type KubeApi, kubeApi } from "./kube_api.ts";
import { startNodeContainerd } from "./kube_containerd.ts";
import { startApiServer, startEtcd } from "./kube_control.ts";
import { startKubelet } from "./kube_kubelet.ts";
import { missing } from "./tool.ts";

/** The node that pods name. The kubelet refuses a loopback address, but not this name of one. */
export const nodeName = "localhost";

export interface Kubernetes extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  readonly certs: Certs;
  /** A certificate of the group `system:masters`. */
  readonly admin: Pair;
  /** Calls the API as the admin. */
  readonly api: KubeApi;
  /** The folder of the node's containerd. */
  readonly root: string;
  readonly apiServer: Daemon;
  /** Without it the API server can't reach the node any more. */
  readonly kubelet: Daemon;
  /** Starts a part again that was killed. The node's containers keep running meanwhile. */
  revive(which: "apiServer" | "kubelet"): Promise<void>;
  stop(): Promise<void>;
}

/** The reason why Kubernetes can't run here; undefined when it can. */
export function kubernetesMissing(): Promise<string | undefined> {
  return missing("etcd", "kube-apiserver", "kubelet", "containerd", "runc", "loopback", "openssl");
}

/** The node is ready when it returns: 10 to 20 s, most of it the API server. */
export async function startKubernetes(): Promise<Kubernetes> {
  const certs = await makeCerts();
  const daemons: Daemon[] = [];
  const stop = async () => {
    // The node ends first, because it asks the API server until its end.
    for (const daemon of daemons.reverse()) await daemon.stop();
    await certs.remove();
  };
  const started = async <D extends Daemon>(daemon: Promise<D>): Promise<D> => {
    daemons.push(await daemon);
    return await daemon;
  };
  try {
    const calling = { extensions: ["extendedKeyUsage=clientAuth"], issuer: certs.ca };
    const person = (name: string, subject: string) =>
      issue(certs.dir, name, { ...calling, subject });
    const admin = await person("admin", "/O=system:masters/CN=admin");
    const node = await person("node", `/O=system:nodes/CN=system:node:${nodeName}`);
    const [etcd, containerd] = await Promise.all([
      started(startEtcd()),
      started(startNodeContainerd()),
    ]);
    const control = { etcd: etcd.address, certs, admin, port: freePort() };
    const apiServer = await started(startApiServer(control));
    const { server } = apiServer;
    const api = await kubeApi(server, certs.ca.cert, admin);
    const { socket } = containerd;
    const own = { server, certs, node, nodeName, containerd: socket, port: freePort() };
    const kubelet = await started(startKubelet(own));
    const ready = async () => (await api.try("GET", `/api/v1/nodes/${nodeName}`)) !== undefined;
    if (!await until(ready, 60_000)) throw new Error("the node did not register itself");
    const dispose = async () => {
      await stop();
      api.close();
    };
    const { root } = containerd;
    const running: Record<"apiServer" | "kubelet", Daemon> = { apiServer, kubelet };
    return {
      ...{ server, certs, admin, api, root },
      get apiServer() {
        return running.apiServer;
      },
      get kubelet() {
        return running.kubelet;
      },
      async revive(which) {
        if (which === "kubelet") running.kubelet = await started(startKubelet(own));
        else running.apiServer = await started(startApiServer(control));
      },
      stop: dispose,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
