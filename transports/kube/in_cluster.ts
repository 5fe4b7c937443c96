import type { KubeTarget } from "./config.ts";
import type { Env } from "../transport.ts";

/** Where a pod finds what its service account is given. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The API server of the cluster that this process runs in, as the pod's service account; undefined
 * outside of one. The token's file is read at each dial: the kubelet renews it.
 */
export async function inCluster(env: Env): Promise<KubeTarget | undefined> {
  const [host, port] = [env("KUBERNETES_SERVICE_HOST"), env("KUBERNETES_SERVICE_PORT")];
  const tokenFile = `${ACCOUNT}/token`;
  const read = (name: string) => Deno.readTextFile(`${ACCOUNT}/${name}`).catch(() => undefined);
  if (!host || !port || await read("token") === undefined) return undefined;
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: (await read("namespace"))?.trim() || "default",
    shown: "this pod's service account",
    kubectl: "kubectl",
    tls: { ca: { path: `${ACCOUNT}/ca.crt`, from: "the cluster's CA" }, insecure: false },
    user: { shown: "this pod's service account", tokenFile, impersonate: {} },
  };
}
