/** Namespaces, and service accounts with their permissions there. */
import type { KubeApi } from "./kube_api.ts";

/** The permissions of an account: RBAC's rules. */
export interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Default: the core group. */
  readonly apiGroups?: readonly string[];
}

export async function makeNamespace(api: KubeApi, name: string): Promise<void> {
  await api.call("POST", "/api/v1/namespaces", { metadata: { name } });
}

/** Makes an account, a Role of these rules and its binding. Gives a token. */
export async function makeAccount(
  api: KubeApi,
  namespace: string,
  name: string,
  rules: readonly Rule[],
): Promise<string> {
  const role = { metadata: { name }, rules: rules.map((rule) => ({ apiGroups: [""], ...rule })) };
  return await makeAccountOf(api, namespace, name, role);
}

/** Like `makeAccount`, with a whole Role. */
export async function makeAccountOf(
  api: KubeApi,
  namespace: string,
  name: string,
  role: { readonly metadata: { readonly name: string } },
): Promise<string> {
  const core = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await api.call("POST", core, { metadata: { name } });
  await api.call("POST", `${rbac}/roles`, role);
  await api.call("POST", `${rbac}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
  const { status } = await api.call("POST", `${core}/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {},
  });
  return status.token;
}
