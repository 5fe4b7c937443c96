/**
 * Reads docker's contexts, because buildx keeps its choice of a builder for each docker endpoint,
 * and `--load` goes to the current context's engine.
 *
 *     <config>/config.json                             {"currentContext": NAME}
 *     <config>/contexts/meta/<sha256 of NAME>/meta.json {"Name","Endpoints":{"docker":{"Host",…}}}
 *     <config>/contexts/tls/<sha256 of NAME>/docker/   ca.pem, cert.pem, key.pem
 */
import { fieldsOf } from "../../base/json.ts";
import { maybe } from "../../base/maybe.ts";
import { nearest } from "../../base/nearest.ts";
import { isFile, namesIn } from "../../base/stat.ts";
import { dockerConfigDir } from "../../base/home.ts";
import { withoutPassword } from "../endpoint.ts";
import type { EngineEndpoint, EngineTls } from "./docker_engine.ts";
import type { Env } from "../transport.ts";

/** The docker engine that a context names. */
interface DockerEndpoint extends EngineEndpoint {
  /** The context's name; `default` for the engine that the environment names. */
  readonly context: string;
}

/** A docker context, or a DOCKER_HOST, that names no engine. */
export class DockerContextError extends Error {
  override readonly name = "DockerContextError";
  /** A hint for the user, as a sentence without a full stop. */
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
 * The key under which buildx keeps its choice of a builder: the context's name, or the engine's
 * address for the default context. An invalid DOCKER_HOST is used as it is.
 */
export function currentKey(env: Env): string {
  const name = currentContext(env);
  if (name !== "default") return name;
  return maybe(() => defaultEndpoint(env).host) ?? env("DOCKER_HOST") ?? "";
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
  // No transport uses the password, and many messages show the address.
  const where = name === "default" ? "DOCKER_HOST" : `docker context ${JSON.stringify(name)}`;
  throw new DockerContextError(`${where} has a password in it: ${shown}`, {
    hint: "passwords are not supported: use a key, or TLS",
  });
}

/** The names of all contexts, sorted, `default` among them. Unreadable ones are left out. */
export function contextNames(env: Env): string[] {
  const names = ["default"];
  const folder = `${dockerConfigDir(env)}/contexts/meta`;
  for (const id of namesIn(folder)) {
    const name = readJson(`${folder}/${id}/meta.json`).Name;
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
    const known = contextNames(env);
    const near = nearest(name, known);
    const meant = near === undefined ? "" : `did you mean ${near}? `;
    throw new DockerContextError(`docker context ${JSON.stringify(name)} not found`, {
      hint: `${meant}known contexts are ${known.join(", ")}; see DOCKER_CONTEXT and config.json`,
    });
  }
  const docker = (readJson(file).Endpoints as {
    docker?: { Host?: unknown; SkipTLSVerify?: unknown };
  } | undefined)?.docker;
  if (typeof docker?.Host !== "string") {
    throw new DockerContextError(`docker context ${JSON.stringify(name)} names no engine`, {
      hint:
        `look at ${file}, or create the context again: docker context rm -f, docker context create`,
    });
  }
  const tls = tlsFiles(`${contexts}/tls/${id}/docker`, docker.SkipTLSVerify === true);
  // As in docker, skip-tls-verify means TLS, even without any files.
  const secure = tls.cacert ?? tls.cert ?? tls.skipVerify;
  return { context: name, host: docker.Host || localEngine(), tls: secure ? tls : undefined };
}

/** The engine that the environment names, with docker's defaults for a missing host or port. */
function defaultEndpoint(env: Env): DockerEndpoint {
  const verify = (env("DOCKER_TLS_VERIFY") ?? "") !== "";
  const wantsTls = verify || (env("DOCKER_TLS") ?? "") !== "";
  const folder = env("DOCKER_CERT_PATH") || dockerConfigDir(env);
  return {
    context: "default",
    host: engineAddress((env("DOCKER_HOST") ?? "").trim(), "DOCKER_HOST", wantsTls),
    tls: wantsTls ? { ...tlsFiles(folder ?? "", !verify), ...flaggedFiles(env) } : undefined,
  };
}

const SOCKET = "unix:///var/run/docker.sock";
const PIPE = "npipe:////./pipe/docker_engine";

/** The default address of this machine's engine. */
function localEngine(): string {
  return Deno.build.os === "windows" ? PIPE : SOCKET;
}

/**
 * An engine's address as docker reads it: a missing scheme means `tcp`, and a missing host or port
 * has docker's default. Throws `DockerContextError`. @param source what the message names
 */
export function engineAddress(text: string, source: string, wantsTls = false): string {
  if (text === "") return wantsTls ? "tcp://localhost:2376" : localEngine();
  if (text.startsWith("/")) {
    throw new DockerContextError(`${source} has no scheme: ${text}`, {
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
    throw new DockerContextError(`invalid ${source}: invalid bind address format: ${shown}`, {
      hint: "write it as unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST",
    });
  }
  return `tcp://${address[1] || "localhost"}:${address[2] || "2375"}${address[3] ?? ""}`;
}

function tlsFiles(folder: string, skipVerify: boolean): EngineTls {
  const file = (name: string) => isFile(`${folder}/${name}`) ? `${folder}/${name}` : undefined;
  const [cacert, cert, key] = [file("ca.pem"), file("cert.pem"), file("key.pem")];
  return { ...cacert && { cacert }, ...cert && { cert }, ...key && { key }, skipVerify };
}

/** The files of docker's flags `--tlscacert`, `--tlscert` and `--tlskey`, when docker runs us. */
function flaggedFiles(env: Env): Partial<EngineTls> {
  const files = (["cacert", "cert", "key"] as const)
    .map((name) => [name, env(`FAIRLEAD_TLS${name.toUpperCase()}`)] as const);
  return Object.fromEntries(files.filter(([, path]) => path));
}

function configuredContext(env: Env): string | undefined {
  const name = readJson(`${dockerConfigDir(env)}/config.json`).currentContext;
  return typeof name === "string" ? name : undefined;
}

/** Empty for a file that is absent, unreadable or no JSON: docker itself reports those. */
function readJson(path: string): Readonly<Record<string, unknown>> {
  return fieldsOf(maybe(() => JSON.parse(Deno.readTextFileSync(path))));
}
