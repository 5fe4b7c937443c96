/** `--registry-logins`: the logins of this machine that the daemon of a build may use. */
import { UsageError } from "../../base/usage_error.ts";
import type { CredentialSource } from "../../buildkit/session/logins/credentials.ts";
import type { PreparedBuild } from "../prepare.ts";
import { maybe } from "../../base/maybe.ts";

/** Every registry, those that the builds name, or these (none, when empty). */
export type LoginRule = "all" | "named" | ReadonlySet<string>;

/** Docker Hub by its hosts. */
const HUB = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);
/** The longest part of a Dockerfile that is searched, in characters. */
const MOST_READ = 1 << 20;

/** Reads `all`, `named`, `none` or a list of hosts. Throws `UsageError`. */
export function loginRule(value: string): LoginRule {
  if (value === "all" || value === "named") return value;
  if (value === "none") return new Set();
  const hosts = value.split(",").map((host) => host.trim());
  const wrong = hosts.find((host) => !/^[\w.-]+(?::\d+)?$|^\[[\da-fA-F:.]+\](?::\d+)?$/.test(host));
  if (wrong === undefined) return new Set(hosts.map(known));
  throw new UsageError(
    `invalid value of --registry-logins: ${JSON.stringify(wrong)} is not a registry's host ` +
      "(all, named, none, or hosts with commas between them)",
  );
}

/** Wraps logins: there is none for a registry that the rule leaves out, and `refused` is called. */
export function limitLogins(
  source: CredentialSource,
  rule: LoginRule,
  builds: readonly PreparedBuild[],
  refused: (host: string) => void,
): CredentialSource {
  if (rule === "all") return source;
  let hosts = rule === "named" ? undefined : rule;
  const allows = (host: string) => {
    hosts ??= new Set(builds.flatMap((build) => [...registriesOf(build)]));
    return hosts.has(known(host));
  };
  return {
    async lookup(host, scopes) {
      if (allows(host)) return await source.lookup(host, scopes);
      if (await source.has(host)) refused(host);
      return undefined;
    },
    has: async (host) => allows(host) && await source.has(host),
  };
}

/** The registries that a build's options and its Dockerfile name. */
function registriesOf({ options, inputs }: PreparedBuild): Set<string> {
  const texts: string[] = [];
  collectTexts(options, texts);
  collectTexts(inputs.attrs, texts);
  texts.push(dockerfileOf(inputs));
  return registriesIn(texts.join("\n"));
}

/**
 * The registries that a text names: hosts of references, and Docker Hub for a reference without a
 * host, or with a variable there. A text that only looks like a reference counts as one: the author
 * of these texts may use the registry anyway.
 */
export function registriesIn(text: string): Set<string> {
  const found = new Set<string>();
  for (const [word] of text.matchAll(/[\w.:@/\[\]-]+/g)) {
    const first = word.replace(/^[a-z][a-z0-9+-]*:\/\//, "").split("/", 1)[0]!.replace(/@.*$/, "");
    if (/[.:]|^localhost$/.test(first)) found.add(known(first.toLowerCase()));
  }
  const references =
    /^\s*FROM\s+(?:--\S+\s+)*(\S+)|(?:from|syntax|name|ref)=\s*([^\s,]+)|docker-image:\/\/(\S+)/gim;
  for (const match of text.matchAll(references)) {
    const reference = (match[1] ?? match[2] ?? match[3])!;
    if (!/^(?:[^/$]*[.:]|localhost)[^/]*\//.test(reference)) found.add("docker.io");
  }
  return found;
}

/** One name for each registry with several hosts. */
function known(host: string): string {
  return HUB.has(host) ? "docker.io" : host;
}

/** Appends every text in a value, as `key=value` where it has a key. */
function collectTexts(value: unknown, into: string[], key = ""): void {
  if (typeof value === "string") into.push(`${key}=${value}`);
  else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    for (const [name, part] of Object.entries(value)) collectTexts(part, into, name);
  }
}

/** The text of a Dockerfile of this machine; empty for another one. */
function dockerfileOf({ mounts, filename }: PreparedBuild["inputs"]): string {
  const folder = mounts.get("dockerfile") ?? mounts.get("context");
  if (folder === undefined) return "";
  return maybe(() => Deno.readTextFileSync(`${folder}/${filename}`))?.slice(0, MOST_READ) ?? "";
}
