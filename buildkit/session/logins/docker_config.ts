/**
 * Logins from docker's configuration: `$DOCKER_AUTH_CONFIG`, else `config.json`'s `credHelpers`,
 * `credsStore` and `auths`, in that order. A configuration that names no login at all makes docker
 * use the system's own store, when its helper is installed; so do we.
 */
import { isObject } from "../../../base/json.ts";
import { askHelper, findProgram, type HelperOptions } from "./credential_helper.ts";
import type { Credential, CredentialSource } from "./credentials.ts";
import { osReason } from "../../../base/os_reason.ts";
import { cut } from "../../../base/cut.ts";

/** The folder of docker's configuration, and a listener for its defects. */
export interface DockerConfigOptions extends HelperOptions {
  /** The folder of `config.json`: `$DOCKER_CONFIG`, else `~/.docker`. Undefined: there is none. */
  readonly directory: string | undefined;
  /** Called for each defect once, with a line without secrets. */
  readonly warn: (line: string) => void;
  /** A clock, in milliseconds from any start. */
  readonly now?: () => number;
}

/** The part of `config.json` that holds logins. */
interface Config {
  readonly credsStore?: unknown;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
  readonly auths?: Readonly<Record<string, unknown>>;
}

/** Docker Hub's logins are stored under this key, for all of its hosts. */
const HUB = "https://index.docker.io/v1/";
const HUB_HOSTS = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/** Registries of Docker's that take Docker Hub's logins. */
const HUB_LIKE = ["dhi.io", "registry.scout.docker.com"];

/** How long a login is kept, in milliseconds: Google's are good for 5 minutes. */
const KEPT = 290_000;

/** Reads logins as docker does. Nothing is read before the first lookup. */
export function dockerCredentials(options: DockerConfigOptions): CredentialSource {
  const now = options.now ?? (() => performance.now());
  const kept = new Map<string, { at: number; found: Promise<Credential | undefined> }>();
  const warned = new Set<string>();
  const warn = (line: string) => {
    if (!warned.has(line)) options.warn(line);
    warned.add(line);
  };
  let configs: Promise<Configs> | undefined;
  // One helper runs at a time: macOS's keychain hangs when asked twice (docker/cli#1862).
  let last: Promise<unknown> = Promise.resolve();

  function find(host: string): Promise<Credential | undefined> {
    const before = kept.get(host);
    if (before && now() - before.at < KEPT) return before.found;
    const found = last.then(async () => {
      configs ??= readConfigs(options, warn);
      return await search(host, await configs, options, warn);
    });
    last = found.catch(() => {});
    kept.set(host, { at: now(), found });
    return found;
  }

  async function lookup(host: string): Promise<Credential | undefined> {
    const found = await find(host);
    if (found || !HUB_LIKE.includes(host)) return found;
    return await find(HUB_HOSTS[0]!);
  }
  return { lookup, has: async (host) => Boolean((await lookup(host))?.secret) };
}

interface Configs {
  readonly env: Config;
  readonly file: Config;
  /** The path of the file, for messages. */
  readonly path: string;
}

async function readConfigs(
  options: DockerConfigOptions,
  warn: (line: string) => void,
): Promise<Configs> {
  const text = options.env("DOCKER_AUTH_CONFIG");
  const env = text ? parse(text, "DOCKER_AUTH_CONFIG", warn) : {};
  const path = `${options.directory}/config.json`;
  const file = options.directory === undefined ? {} : await readConfig(path, warn);
  if (file.credsStore || size(file.credHelpers) > 0 || size(file.auths) > 0) {
    return { env, file, path };
  }
  const store = systemStore(options);
  return { env, file: store === undefined ? file : { credsStore: store }, path };
}

async function readConfig(path: string, warn: (line: string) => void): Promise<Config> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      warn(`cannot read ${path}: ${osReason(error)}: continuing without its credentials`);
    }
    return {};
  }
  return parse(text, path, warn);
}

/** The parser's own message is not shown: it quotes the text, which may be a password. */
function parse(text: string, name: string, warn: (line: string) => void): Config {
  let config: unknown = {};
  try {
    if (text.trim() !== "") config = JSON.parse(text);
  } catch (error) {
    const at = /line \d+ column \d+/.exec((error as Error).message)?.[0];
    const where = at === undefined ? "" : ` (${at})`;
    warn(`cannot read ${name}: it is not valid JSON${where}: continuing without its credentials`);
    return {};
  }
  if (isObject(config)) return config;
  warn(`cannot read ${name}: it is not a JSON object: continuing without its credentials`);
  return {};
}

/** The store that docker uses when nothing is configured, if its helper is there. */
function systemStore(options: DockerConfigOptions): string | undefined {
  const stores: Partial<Record<typeof Deno.build.os, string>> = {
    darwin: "osxkeychain",
    windows: "wincred",
    linux: findProgram("pass", options.env) === undefined ? "secretservice" : "pass",
  };
  const store = stores[Deno.build.os];
  if (store === undefined) return undefined;
  const helper = findProgram(`docker-credential-${store}`, options.env);
  return helper === undefined ? undefined : store;
}

async function search(
  host: string,
  { env, file, path }: Configs,
  options: DockerConfigOptions,
  warn: (line: string) => void,
): Promise<Credential | undefined> {
  const key = HUB_HOSTS.includes(host) ? HUB : host;
  const ofEnv = fromAuths(env, key, "DOCKER_AUTH_CONFIG", warn);
  if (ofEnv) return ofEnv;
  const helper = field(file.credHelpers, key) ?? file.credsStore;
  if (typeof helper === "string" && helper !== "") {
    try {
      return await askHelper(helper, key, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      warn(`${(error as Error).message} (named in ${path}): continuing without them`);
    }
  }
  return fromAuths(file, key, path, warn);
}

/** Finds a login in `auths`: by the key, else by a key of the same host (`https://host/v1/`). */
function fromAuths(
  { auths }: Config,
  key: string,
  name: string,
  warn: (line: string) => void,
): Credential | undefined {
  if (!isObject(auths)) return undefined;
  const hosts = key === HUB ? HUB_HOSTS : [key];
  const match = Object.hasOwn(auths, key)
    ? key
    : Object.keys(auths).find((other) => hosts.includes(hostOf(other)));
  const entry = match === undefined ? undefined : auths[match];
  if (!isObject(entry)) return undefined;
  let username = text(entry["username"]), secret = text(entry["password"]);
  const auth = text(entry["auth"]);
  if (auth !== "") {
    const pair = decodePair(auth);
    if (!pair) {
      warn(
        `cannot use the credentials for ${match} in ${name}: auth is not base64 of user:password`,
      );
      return undefined;
    }
    [username, secret] = pair;
  }
  const identity = text(entry["identitytoken"]), registryToken = text(entry["registrytoken"]);
  if (identity !== "") [username, secret] = ["", identity];
  if (secret === "" && registryToken === "") return undefined;
  return { username, secret, ...registryToken !== "" && { registryToken } };
}

function decodePair(auth: string): [string, string] | undefined {
  try {
    const plain = new TextDecoder().decode(Uint8Array.fromBase64(auth.replace(/[\r\n]/g, "")));
    const [user, password] = cut(plain, ":");
    return user === "" || password === undefined
      ? undefined
      : [user, password.replace(/^\0+|\0+$/g, "")];
  } catch {
    return undefined;
  }
}

function hostOf(key: string): string {
  return key.replace(/^[a-z]+:\/\//, "").split("/", 1)[0]!;
}

function field(record: unknown, key: string): unknown {
  return isObject(record) && Object.hasOwn(record, key) ? record[key] : undefined;
}

function size(record: unknown): number {
  return isObject(record) ? Object.keys(record).length : 0;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
