/** Chooses the API server, the user and the namespace. */
import { isAbsolute } from "../../../base/paths.ts";
import { fieldsOf } from "../../../base/json.ts";
import { withoutPassword } from "../../endpoint.ts";
import { inCluster } from "./in_cluster.ts";
import {
  KubeConfigError,
  kubeConfigPaths,
  type KubeEntry,
  type KubeFiles,
  readKubeFiles,
} from "./files.ts";
import { nearest } from "../../../base/nearest.ts";
import { NAME, textIn } from "../values.ts";
import type { Env } from "../../transport.ts";

/** A text of a kubeconfig, inline or the path of a file that holds it. */
export type KubeText =
  | { readonly text: string; readonly path?: never; readonly from: string }
  | { readonly path: string; readonly text?: never; readonly from: string };

/** An API server, and the user of the requests. */
export interface KubeTarget {
  /** `https://HOST:PORT/PREFIX`, without a slash at its end. */
  readonly server: string;
  readonly namespace: string;
  /** The source of the configuration, for messages: `context dev of /root/.kube/config`. */
  readonly shown: string;
  /** The kubectl command with the options for this target, for hints. */
  readonly kubectl: string;
  /** True for the cluster that this pod runs in, which is found without a kubeconfig. */
  readonly inPod?: boolean;
  readonly tls: KubeTls;
  /** A proxy's URL; when undefined, the environment names the proxy. */
  readonly proxy?: string;
  readonly user: KubeUser;
}

interface KubeTls {
  readonly ca?: KubeText;
  readonly insecure: boolean;
  readonly serverName?: string;
}

/** The credentials of a user, as the kubeconfig has them. */
interface KubeUser {
  /** `user dev`, for messages. */
  readonly shown: string;
  readonly cert?: KubeText;
  readonly key?: KubeText;
  readonly token?: string;
  /** The path of a file that each dial reads again; it takes precedence over `token`. */
  readonly tokenFile?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly exec?: KubeEntry;
  /** The `Impersonate-…` headers: the server then treats the user as another user. */
  readonly impersonate: Readonly<Record<string, readonly string[]>>;
}

/** The options of an endpoint that choose the target. */
interface KubeChoice {
  readonly context?: string;
  readonly namespace?: string;
  readonly kubeconfig?: string;
}

/** Reads the configuration from its files. Throws `KubeConfigError`. */
export async function kubeTarget(env: Env, choice: KubeChoice): Promise<KubeTarget> {
  const files = await readKubeFiles(env, choice.kubeconfig);
  const name = choice.context ?? files.currentContext;
  if (name !== "") return targetOf(files, name, choice);
  const here = files.contexts.size === 0 ? await inCluster(env) : undefined;
  if (here !== undefined) {
    return choice.namespace === undefined ? here : { ...here, namespace: choice.namespace };
  }
  if (files.contexts.size > 0) {
    throw new KubeConfigError(
      `${files.files.join(", ")} has no current context`,
      `give the option context: there are ${[...files.contexts.keys()].join(", ")}`,
    );
  }
  const paths = kubeConfigPaths(env, choice.kubeconfig);
  const where = paths.length === 0 ? "no home folder to look in" : `none at ${paths.join(", ")}`;
  throw new KubeConfigError(
    files.files.length > 0
      ? `the kubeconfig ${files.files.join(", ")} has no contexts`
      : `there is no kubeconfig: ${where}`,
    "set KUBECONFIG, or give the option kubeconfig; in a pod, a service account's token must be " +
      "mounted",
  );
}

function targetOf(files: KubeFiles, name: string, choice: KubeChoice): KubeTarget {
  const context = files.contexts.get(name);
  if (context === undefined) {
    const known = [...files.contexts.keys()];
    const near = nearest(name, known);
    const list = known.length === 0 ? "there are none" : `there are ${known.join(", ")}`;
    throw new KubeConfigError(
      `the kubeconfig has no context ${JSON.stringify(name)}`,
      near === undefined ? `${list}; see KUBECONFIG` : `did you mean ${near}? ${list}`,
    );
  }
  const { cluster, user, namespace } = context.value;
  const clusterEntry = files.clusters.get(String(cluster));
  if (clusterEntry === undefined) {
    throw new KubeConfigError(
      `context ${name} of ${context.file} names a cluster that does not exist: ${cluster ?? ""}`,
      "correct the kubeconfig",
    );
  }
  const userEntry = files.users.get(String(user));
  if (userEntry === undefined && textIn(user) !== undefined) {
    throw new KubeConfigError(
      `context ${name} of ${context.file} names a user that does not exist: ${user}`,
      "correct the kubeconfig",
    );
  }
  const own = files.currentContext === name ? "" : ` --context=${name}`;
  const file = choice.kubeconfig === undefined ? "" : ` --kubeconfig=${choice.kubeconfig}`;
  const chosen = choice.namespace ?? textIn(namespace);
  if (chosen !== undefined && !NAME.test(chosen)) {
    throw new KubeConfigError(
      `context ${name} of ${context.file} has an invalid namespace: ${JSON.stringify(chosen)}`,
      "names are made of a-z, 0-9, dots and dashes",
    );
  }
  return {
    ...clusterOf(clusterEntry, `cluster ${cluster}`),
    namespace: chosen ?? "default",
    shown: `context ${name} of ${context.file}`,
    kubectl: `kubectl${file}${own}`,
    user: userOf(userEntry, `user ${user}`),
  };
}

function clusterOf(entry: KubeEntry, shown: string) {
  const { value, file } = entry;
  const server = textIn(value.server);
  const bad = (problem: string, hint: string) =>
    new KubeConfigError(`${shown} of ${file} ${problem}`, hint);
  if (server === undefined) throw bad("names no server", "correct the kubeconfig");
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw bad(
      `has a server that is not a URL: ${withoutPassword(server)}`,
      "write it as https://HOST:PORT",
    );
  }
  if (new URL(server).password !== "") {
    throw bad(
      `has a server with a password in it: ${withoutPassword(server)}`,
      "give the user a token or a certificate instead",
    );
  }
  const ca = textOf(entry, "certificate-authority", shown);
  const insecure = isTrue(value["insecure-skip-tls-verify"]);
  if (ca !== undefined && insecure) {
    throw bad(
      "has both a certificate authority and insecure-skip-tls-verify",
      "take insecure-skip-tls-verify out of the kubeconfig",
    );
  }
  const serverName = textIn(value["tls-server-name"]);
  const proxy = textIn(value["proxy-url"]);
  return {
    server: server.replace(/\/+$/, ""),
    tls: { insecure, ...ca && { ca }, ...serverName !== undefined && { serverName } },
    ...proxy !== undefined && { proxy },
  };
}

function userOf(entry: KubeEntry | undefined, shown: string): KubeUser {
  if (entry === undefined) return { shown: "nobody", impersonate: {} };
  const { value, file } = entry;
  if (value["auth-provider"] !== undefined) {
    throw new KubeConfigError(
      `${shown} of ${file} has an auth-provider, which Kubernetes removed in 1.26`,
      "use the provider's exec plugin instead",
    );
  }
  const cert = textOf(entry, "client-certificate", shown);
  const key = textOf(entry, "client-key", shown);
  const [token, tokenFile, username] = ["token", "tokenFile", "username"]
    .map((name) => textIn(value[name]));
  const exec = fieldsOf(value.exec);
  return {
    shown: `${shown} of ${file}`,
    ...cert && { cert },
    ...key && { key },
    ...token !== undefined && { token },
    ...tokenFile !== undefined && { tokenFile: relativeToFile(file, tokenFile) },
    ...username !== undefined && {
      basic: { username, password: textIn(value.password) ?? "" },
    },
    ...textIn(exec.command) !== undefined && { exec: { value: exec, file } },
    impersonate: impersonation(value),
  };
}

/** Turns `as`, `as-uid`, `as-groups` and `as-user-extra` into headers. */
function impersonation(value: KubeEntry["value"]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  const put = (name: string, from: unknown) => {
    const values = [from].flat().map(textIn).filter((one) => one !== undefined);
    if (values.length > 0) headers[name] = values;
  };
  put("Impersonate-User", value.as);
  put("Impersonate-Uid", value["as-uid"]);
  put("Impersonate-Group", value["as-groups"]);
  for (const [name, values] of Object.entries(fieldsOf(value["as-user-extra"]))) {
    put(`Impersonate-Extra-${encodeURIComponent(name)}`, values);
  }
  return headers;
}

/** Reads `NAME-data` (base64), which takes precedence over `NAME` (a path). */
function textOf(entry: KubeEntry, name: string, shown: string): KubeText | undefined {
  const data = textIn(entry.value[`${name}-data`]);
  if (data !== undefined) {
    const from = `${name}-data of ${shown}`;
    try {
      const bytes = Uint8Array.fromBase64(data);
      return { text: new TextDecoder().decode(bytes), from };
    } catch (cause) {
      throw new KubeConfigError(`${from} is not valid base64`, `correct ${entry.file}`, { cause });
    }
  }
  const path = textIn(entry.value[name]);
  return path === undefined
    ? undefined
    : { path: relativeToFile(entry.file, path), from: `${name} of ${shown}` };
}

/** Resolves a path in a file, relative to the file's folder. */
export function relativeToFile(file: string, path: string): string {
  if (isAbsolute(path)) return path;
  const slash = file.lastIndexOf("/");
  return slash < 0 ? path : `${file.slice(0, slash)}/${path}`;
}

/** Whether a scalar is true in YAML 1.1, which kubectl reads. */
export function isTrue(value: unknown): boolean {
  return typeof value === "string" && /^(?:true|yes|on|y)$/i.test(value);
}
