import type { KubeTarget } from "./config.ts";
import { KubeConfigError } from "./files.ts";
import type { Env } from "../../transport.ts";

/** The folder in a pod with the token, CA and namespace of its service account. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The API server of the cluster that this process runs in, with the pod's service account;
 * undefined outside a cluster. Each dial reads the token's file, because the kubelet renews it.
 * Throws `KubeConfigError` for an account without the cluster's CA.
 */
export async function inCluster(env: Env): Promise<KubeTarget | undefined> {
  const [host, port] = [env("KUBERNETES_SERVICE_HOST"), env("KUBERNETES_SERVICE_PORT")];
  const tokenFile = `${ACCOUNT}/token`;
  const read = (name: string) => Deno.readTextFile(`${ACCOUNT}/${name}`).catch(() => undefined);
  if (!host || !port || await read("token") === undefined) return undefined;
  const ca = await read("ca.crt");
  if (ca === undefined) {
    throw new KubeConfigError(
      `this pod's service account has no CA: ${ACCOUNT}/ca.crt can't be read`,
      "it comes from the ConfigMap kube-root-ca.crt, and is mounted with the token",
    );
  }
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: (await read("namespace"))?.trim() || "default",
    shown: "this pod's service account",
    kubectl: "kubectl",
    inPod: true,
    tls: { ca: { text: ca, from: `${ACCOUNT}/ca.crt` }, insecure: false },
    user: { shown: "this pod's service account", tokenFile, impersonate: {} },
  };
}
