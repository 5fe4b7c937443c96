/**
 * Finds, reads and merges kubeconfigs, as kubectl does. `KUBECONFIG` lists files, of which missing
 * ones are skipped; the default is `~/.kube/config`. When several files have an entry of one name,
 * the first file's whole entry is used. Paths in a file are relative to the file's folder.
 *
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import { whyUnreadable } from "../../../base/os_reason.ts";
import { fieldsOf } from "../../../base/json.ts";
import { homeDir } from "../../../base/home.ts";
import { type KubeMap } from "../values.ts";
import type { Env } from "../../transport.ts";

/** An entry of a kubeconfig's lists. */
export interface KubeEntry {
  readonly value: KubeMap;
  /** The file that has the entry. */
  readonly file: string;
}

/** The merged kubeconfigs. */
export interface KubeFiles {
  /** The files that were read. */
  readonly files: readonly string[];
  readonly currentContext: string;
  readonly contexts: ReadonlyMap<string, KubeEntry>;
  readonly clusters: ReadonlyMap<string, KubeEntry>;
  readonly users: ReadonlyMap<string, KubeEntry>;
}

/** A kubeconfig, or a file or program that it names, can't be used. */
export class KubeConfigError extends Error {
  override readonly name = "KubeConfigError";
  constructor(message: string, readonly hint: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The paths at which kubeconfigs are looked for. */
export function kubeConfigPaths(env: Env, named?: string): string[] {
  if (named !== undefined) return [named.replace(/^~(?=\/)/, homeDir(env) ?? "~")];
  const listed = env("KUBECONFIG") ?? "";
  const separator = Deno.build.os === "windows" ? ";" : ":";
  if (listed !== "") return listed.split(separator).filter(Boolean);
  const home = homeDir(env);
  return home === undefined ? [] : [`${home}/.kube/config`];
}

/**
 * Reads and merges the kubeconfigs.
 * @param named the one file that a user has asked for; a missing file is then an error
 */
export async function readKubeFiles(env: Env, named?: string): Promise<KubeFiles> {
  const merged = {
    files: [] as string[],
    currentContext: "",
    contexts: new Map<string, KubeEntry>(),
    clusters: new Map<string, KubeEntry>(),
    users: new Map<string, KubeEntry>(),
  };
  for (const file of kubeConfigPaths(env, named)) {
    const document = await readOne(file, named !== undefined);
    if (document === undefined) continue;
    merged.files.push(file);
    const current = document["current-context"];
    merged.currentContext ||= typeof current === "string" ? current : "";
    for (const kind of ["context", "cluster", "user"] as const) {
      const list = document[`${kind}s`];
      for (const entry of Array.isArray(list) ? list : []) {
        const { name, [kind]: value } = fieldsOf(entry);
        if (typeof name !== "string" || merged[`${kind}s`].has(name)) continue;
        merged[`${kind}s`].set(name, { value: fieldsOf(value), file });
      }
    }
  }
  return merged;
}

async function readOne(file: string, must: boolean): Promise<KubeMap | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound && !must) return undefined;
    const problem = `the kubeconfig ${file} can't be read: ${whyUnreadable(cause)}`;
    throw new KubeConfigError(problem, "check its path", { cause });
  }
  const { readYaml, YamlError } = await import("./yaml.ts");
  try {
    return fieldsOf(readYaml(text));
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    throw new KubeConfigError(
      `the kubeconfig ${file} is not valid YAML: ${cause.message}`,
      "fix the file",
    );
  }
}
