/**
 * Docker's contexts, since buildx keeps its choice of a builder for each docker endpoint, and
 * `--load` goes to the current one.
 *
 *     <config>/config.json                             {"currentContext": NAME}
 *     <config>/contexts/meta/<sha256 of NAME>/meta.json {"Name","Endpoints":{"docker":{"Host",…}}}
 *     <config>/contexts/tls/<sha256 of NAME>/docker/   ca.pem, cert.pem, key.pem
 */
import { dockerConfigDir } from "../../base/home.ts";
import { withoutPassword } from "../endpoint.ts";
import type { Env } from "../transport.ts";

/** A docker engine as a context names it. */
export interface DockerEndpoint {
  /** The context's name; `default` for the one made of the environment. */
  readonly context: string;
  /** `unix:///var/run/docker.sock`, `tcp://HOST:PORT`, `ssh://…`, `npipe://…`. */
  readonly host: string;
  /** Files that exist; undefined without TLS. */
  readonly tls: DockerTls | undefined;
}

export interface DockerTls {
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly skipVerify: boolean;
}

/** A docker context, or a DOCKER_HOST, that names no engine. */
export class DockerContextError extends Error {
  override readonly name = "DockerContextError";
  /** What to try, as a sentence without full stop. */
  readonly hint: string | undefined;
  constructor(message: string, options: { hint?: string } = {}) {
    super(message);
    this.hint = options.hint;
  }
}

/** The context in use: `DOCKER_HOST` means `default`, then `DOCKER_CONTEXT`, then config.json. */
export function currentContext(env: Env): string {
  if (env("DOCKER_HOST")) return "default";
  return env("DOCKER_CONTEXT") || configuredContext(env) || "default";
}

/**
 * What buildx keeps its choice of a builder under: the context's name, or the engine's address for
 * the default context. A DOCKER_HOST that is no address is a key like any other.
 */
export function currentKey(env: Env): string {
  const name = currentContext(env);
  if (name !== "default") return name;
  try {
    return defaultEndpoint(env).host;
  } catch {
    return env("DOCKER_HOST") ?? "";
  }
}

/**
 * The engine of a context, by default of the one in use.
 * Throws `DockerContextError` for a context that doesn't exist, or has no engine.
 */
export async function dockerEndpoint(
  env: Env,
  name = currentContext(env),
): Promise<DockerEndpoint> {
  const endpoint = name === "default" ? defaultEndpoint(env) : await namedEndpoint(env, name);
  const shown = withoutPassword(endpoint.host);
  if (shown === endpoint.host) return endpoint;
  // Nothing takes it, and the address stands in many a message.
  const where = name === "default" ? "DOCKER_HOST" : `docker context ${JSON.stringify(name)}`;
  throw new DockerContextError(`${where} has a password in it: ${shown}`, {
    hint: "none is taken: use a key, or TLS",
  });
}

/** The names of all contexts, sorted, `default` among them. Unreadable ones are left out. */
export function contextNames(env: Env): string[] {
  const names = ["default"];
  const folder = `${dockerConfigDir(env)}/contexts/meta`;
  for (const id of folders(folder)) {
    const name = readJson(`${folder}/${id}/meta.json`)?.Name;
    if (typeof name === "string" && name !== "" && name !== "default") names.push(name);
  }
  return names.sort();
}

async function namedEndpoint(env: Env, name: string): Promise<DockerEndpoint> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  const id = new Uint8Array(digest).toHex();
  const contexts = `${dockerConfigDir(env)}/contexts`;
  const file = `${contexts}/meta/${id}/meta.json`;
  if (!isFile(file)) {
    throw new DockerContextError(`docker context ${JSON.stringify(name)} not found`, {
      hint: `known contexts are ${
        contextNames(env).join(", ")
      }; see DOCKER_CONTEXT and config.json`,
    });
  }
  const docker = (readJson(file)?.Endpoints as {
    docker?: { Host?: unknown; SkipTLSVerify?: unknown };
  } | undefined)?.docker;
  if (typeof docker?.Host !== "string") {
    throw new DockerContextError(`docker context ${JSON.stringify(name)} names no engine`, {
      hint:
        `look at ${file}, or make the context anew: docker context rm -f, docker context create`,
    });
  }
  const tls = tlsFiles(`${contexts}/tls/${id}/docker`, docker.SkipTLSVerify === true);
  // As docker has it: what is not to be verified is TLS, with and without files.
  const secure = tls.cacert ?? tls.cert ?? tls.skipVerify;
  return { context: name, host: docker.Host || localEngine(), tls: secure ? tls : undefined };
}

/** The engine that the environment names; docker's own rules for a missing host or port. */
function defaultEndpoint(env: Env): DockerEndpoint {
  const verify = (env("DOCKER_TLS_VERIFY") ?? "") !== "";
  const wantsTls = verify || (env("DOCKER_TLS") ?? "") !== "";
  const folder = env("DOCKER_CERT_PATH") || dockerConfigDir(env);
  return {
    context: "default",
    host: normalHost((env("DOCKER_HOST") ?? "").trim(), wantsTls),
    tls: wantsTls ? { ...tlsFiles(folder ?? "", !verify), ...flaggedFiles(env) } : undefined,
  };
}

const SOCKET = "unix:///var/run/docker.sock";
const PIPE = "npipe:////./pipe/docker_engine";

/** Where an engine of this machine is, when nothing else is said. */
function localEngine(): string {
  return Deno.build.os === "windows" ? PIPE : SOCKET;
}

function normalHost(text: string, wantsTls: boolean): string {
  if (text === "") return wantsTls ? "tcp://localhost:2376" : localEngine();
  if (text.startsWith("/")) {
    throw new DockerContextError(`DOCKER_HOST has no scheme: ${text}`, {
      hint: `write it as unix://${text}`,
    });
  }
  const [, scheme = "tcp", rest = ""] = /^(?:([^:]*):\/\/)?(.*)$/s.exec(text)!;
  if (scheme === "unix") return rest === "" ? SOCKET : text;
  if (scheme === "npipe") return rest === "" ? PIPE : text;
  if (scheme === "fd" || scheme === "ssh") return text;
  const address = /^(\[[^\]\s]*\]|[^:/[\]\s]*)(?::(\d*))?(\/.*)?$/.exec(rest);
  if (scheme !== "tcp" || address === null) {
    const shown = withoutPassword(text);
    throw new DockerContextError(`invalid DOCKER_HOST: invalid bind address format: ${shown}`);
  }
  return `tcp://${address[1] || "localhost"}:${address[2] || "2375"}${address[3] ?? ""}`;
}

function tlsFiles(folder: string, skipVerify: boolean): DockerTls {
  const file = (name: string) => isFile(`${folder}/${name}`) ? `${folder}/${name}` : undefined;
  const [cacert, cert, key] = [file("ca.pem"), file("cert.pem"), file("key.pem")];
  return { ...cacert && { cacert }, ...cert && { cert }, ...key && { key }, skipVerify };
}

/** What docker's flags `--tlscacert`, `--tlscert` and `--tlskey` named, when docker called us. */
function flaggedFiles(env: Env): Partial<DockerTls> {
  const files = (["cacert", "cert", "key"] as const)
    .map((name) => [name, env(`FAIRLEAD_TLS${name.toUpperCase()}`)] as const);
  return Object.fromEntries(files.filter(([, path]) => path));
}

function configuredContext(env: Env): string | undefined {
  const name = readJson(`${dockerConfigDir(env)}/config.json`)?.currentContext;
  return typeof name === "string" ? name : undefined;
}

/** Undefined for a file that is absent, unreadable or no JSON: docker itself reports those. */
function readJson(path: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    return typeof value === "object" && value !== null
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

function folders(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].filter((entry) => entry.isDirectory).map((e) => e.name);
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
