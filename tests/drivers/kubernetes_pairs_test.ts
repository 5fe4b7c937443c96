/**
 * Builders of the driver kubernetes, as both programs create and boot them on a real
 * kube-apiserver: the same entries in the store, and the same objects. Random command lines;
 * `FAIRLEAD_PAIRS=N` tries more of them.
 */
import { parseAllDocuments } from "yaml";
import { workspaceWithoutBuilder } from "../build/workspace.ts";
import { issue, makeCerts } from "../harness/certs.ts";
import { freePort, until } from "../harness/daemon.ts";
import { type KubeApi, kubeApi, type KubeObject } from "../harness/kube_api.ts";
import { startApiServer, startEtcd } from "../harness/kube_control.ts";
import { makeNamespace } from "../harness/kube_account.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { writeKubeconfig } from "../transports/kube_cluster.ts";
import { comparePairs, readableFile, same, seededChoices } from "./pairs.ts";

const ignore = skip(
  needsRoot() ?? await missing("buildx", "etcd", "kube-apiserver", "openssl"),
);
const { seed, random, pick } = seededChoices();

const flags = [
  ...["", "--debug", "--allow-insecure-entitlement=security.insecure", "-x --y", "'a b' \"c d\""],
  ...["--allow-insecure-entitlement network.host", "'open"],
];
/** Values of `--driver-opt`; a value with commas is in quotation marks. */
const options: readonly string[] = [
  ...["image=a/b:c", "image=", "namespace=ci", "replicas=2", "replicas=x", "replicas=99999999999"],
  ...["requests.cpu=500m", "requests.cpu=1.50", "requests.memory=1024Mi", "requests.memory=1e3"],
  ...["requests.memory=1Q", "requests.memory=lots", "requests.cpu=", "requests.cpu=0"],
  ...["requests.ephemeral-storage=1Gi", "limits.cpu=+2", "limits.cpu=.5", "limits.memory=4Gi"],
  ...["limits.ephemeral-storage=2G", "limits.cpu=1.", "limits.cpu=.m", "limits.memory=1ki"],
  ...["rootless=true", "rootless=false", "rootless=maybe", "schedulername=mine"],
  ...["serviceaccount=builder", "nodeselector=a=b", '"nodeselector=a=b,c=d"', "nodeselector=a"],
  ...["nodeselector=", "nodeselector=a=b=c", '"annotations=x/y=1,z="', "annotations=x"],
  ...["annotations=buildx.docker.com/platform=linux/386", "labels=team=ci", "labels=app=x"],
  ...[
    '"tolerations=key=a,operator=Exists,effect=NoSchedule"',
    '"tolerations=key=a,value=b,operator=Equal,effect=NoExecute,tolerationSeconds=60;key=c,operator=Exists"',
    '"tolerations=key=a,tolerationSeconds=x"',
    "tolerations=what=a",
    '"tolerations=key=a,operator=Exists,nothing"',
  ],
  ...["loadbalance=random", "loadbalance=sticky", "loadbalance=least", "timeout=x", "timeout=5"],
  ...["qemu.install=true", "qemu.install=1x", "qemu.image=own/binfmt", "env.A=b", "env.=x"],
  ...["persistent-volume-claim.requests.storage=5Gi", "persistent-volume-claim.requests.storage=x"],
  ...["buildkit-root-volume-memory=512Mi", "default-load=true", "default-load=2", "env.C=d=e"],
  ...["nope=1", "network=host", "memory=1g"],
];

const configs: Readonly<Record<string, string>> = {
  "plain.toml": "debug = true\n",
  "host.toml": 'insecure-entitlements = ["network.host"]\n',
  "certs.toml": '[registry."r.io"]\n  ca = ["CA"]\n',
};

const usual = "timeout=1ms";

function commandLine(folder: string): string[] {
  const line = ["--driver", "kubernetes"];
  if (random() < 0.5) line.push(`--buildkitd-flags=${pick(flags)}`);
  const chosen = new Map<string, string>();
  for (let i = Math.floor(random() * 5); i > 0; i--) {
    const option = pick(options);
    chosen.set(option.replace(/^"/, "").split("=")[0]!, option);
  }
  // No controller makes pods here.
  if (!chosen.has("timeout")) chosen.set("timeout", usual);
  for (const option of chosen.values()) line.push("--driver-opt", option);
  if (random() < 0.4) line.push("--buildkitd-config", `${folder}/${pick(Object.keys(configs))}`);
  if (random() < 0.3) line.push("--platform", pick(["linux/arm64", "linux/amd64,linux/arm/v7"]));
  if (random() < 0.5) line.push("--node", pick(["Node_X", "n.x"]));
  if (random() < 0.05) line.push("unix:///some/engine");
  return line;
}

Deno.test({
  ignore,
  // A connection that is given up after 1 ms closes a moment later.
  sanitizeResources: false,
  name: "kubernetes: builders and objects are the same as buildx's",
}, async () => {
  await using cluster = await controlPlane();
  const { api } = cluster;
  await using space = await workspaceWithoutBuilder({});
  space.env["KUBECONFIG"] = await writeKubeconfig({ ...cluster, root: space.dir });
  space.write({ "ca.pem": "the CA" });
  for (const [name, text] of Object.entries(configs)) {
    space.write({ [name]: text.replace("CA", space.path("ca.pem")) });
  }
  await comparePairs({
    ...{ driver: "kubernetes", count: 20, space, usual, readable: (toml) => toml },
    commandLine: () => commandLine(space.dir),
    take: () => takeObjects(api),
    async compare(own, theirs, plan, shown) {
      // buildx leaves the ConfigMaps of a workload that the API server refuses.
      const expected = theirs.some(({ kind }) => kind !== "ConfigMap") ? theirs : [];
      same(own.map(withoutConfigOfClaims), expected.map(withoutConfigOfClaims), shown);
      if (own.length === 0) return;
      // The plan is a document for each object, which the API server completes as it did what was
      // made.
      const documents = parseAllDocuments(plan);
      const planned = await Promise.all(documents.map((each) => completed(api, each.toJS())));
      same(planned.map(withoutConfigOfClaims).sort(byKind), own.sort(byKind), shown);
    },
  }, seed);
});

/** A planned object as the API server would store it, with its defaults. */
async function completed(api: KubeApi, planned: KubeObject): Promise<KubeObject> {
  const { apiVersion, kind, metadata } = planned;
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const path = `${root}/namespaces/${metadata.namespace ?? "default"}/${kind.toLowerCase()}s`;
  const { kind: _, apiVersion: __, ...object } = await api.call(
    "POST",
    `${path}?dryRun=All`,
    planned,
  );
  return { kind, ...comparable(object) };
}

const byKind = (a: KubeObject, b: KubeObject) =>
  `${a.kind} ${a.metadata.name}` < `${b.kind} ${b.metadata.name}` ? -1 : 1;

/** etcd and the API server, without a node. */
async function controlPlane() {
  const certs = await makeCerts();
  const etcd = await startEtcd();
  const options = { extensions: ["extendedKeyUsage=clientAuth"], issuer: certs.ca };
  const admin = await issue(certs.dir, "admin", {
    ...options,
    subject: "/O=system:masters/CN=admin",
  });
  const server = await startApiServer({ etcd: etcd.address, certs, admin, port: freePort() });
  const api = await kubeApi(server.server, certs.ca.cert, admin);
  const ready = async () => await api.try("GET", "/api/v1/namespaces/default") !== undefined;
  if (!await until(ready, 30_000)) throw new Error("the namespace default is missing");
  await makeNamespace(api, "ci");
  return {
    ...{ api, certs, admin, server: server.server },
    async [Symbol.asyncDispose]() {
      api.close();
      await server.stop();
      await etcd.stop();
      await certs.remove();
    },
  };
}

/** The objects of both namespaces, in the form to compare; then they are removed. */
async function takeObjects(api: KubeApi): Promise<KubeObject[]> {
  const taken: KubeObject[] = [];
  const kinds = [
    ["ConfigMap", "/api/v1", "configmaps"],
    ["Deployment", "/apis/apps/v1", "deployments"],
    ["StatefulSet", "/apis/apps/v1", "statefulsets"],
  ] as const;
  for (const [kind, group, plural] of kinds) {
    for (const namespace of ["default", "ci"]) {
      const path = `${group}/namespaces/${namespace}/${plural}`;
      for (const object of (await api.call("GET", path)).items) {
        if (object.metadata.name === "kube-root-ca.crt") continue;
        await api.call("DELETE", `${path}/${object.metadata.name}`);
        taken.push({ kind, ...comparable(object) });
      }
    }
  }
  return taken;
}

const byName = (a: KubeObject, b: KubeObject) => a.name < b.name ? -1 : 1;

function comparable({ metadata, status: _, ...object }: KubeObject): KubeObject {
  const {
    uid: _u,
    resourceVersion: _r,
    creationTimestamp: _c,
    generation: _g,
    managedFields: _m,
    ...rest
  } = metadata;
  const pod = object.spec?.template.spec;
  pod?.volumes?.sort(byName);
  for (const container of pod?.containers ?? []) {
    container.env?.sort(byName);
    container.volumeMounts?.sort(byName);
  }
  for (const file of Object.keys(object.data ?? {})) {
    const bytes = new TextEncoder().encode(object.data[file]);
    object.data[file] = readableFile(file, bytes, (toml) => toml);
  }
  return JSON.parse(JSON.stringify({ metadata: rest, ...object }, sortKeys));
}

function sortKeys(_: string, value: unknown): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value).sort()) : value;
}

/** buildx forgets to mount the configuration where the state is on a claim; fairlead mounts it. */
function withoutConfigOfClaims(object: KubeObject): KubeObject {
  if (object.kind !== "StatefulSet") return object;
  const [container] = object.spec.template.spec.containers;
  container.volumeMounts = container.volumeMounts
    .filter(({ mountPath }: KubeObject) => !mountPath.startsWith("/etc/buildkit"));
  return object;
}
