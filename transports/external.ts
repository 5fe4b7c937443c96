/**
 * Transports by third parties, in the folders that `plugins/locate.ts` lists. They cost nothing
 * until a scheme is used that isn't built in. A plugin is run or loaded only when it is dialled.
 * Until then, general rules parse its URLs.
 */
import { cut } from "../base/cut.ts";
import { abortable } from "../base/async.ts";
import { redact, splitEndpoint } from "./endpoint.ts";
import { DialError, EndpointError, interrupted } from "./errors.ts";
import { readCache, stateOf, writeCache } from "./plugins/cache.ts";
import type { Target } from "./plugins/executable.ts";
import { hostName } from "./net/tcp_connect.ts";
import { type Metadata, MetadataError } from "./plugins/metadata.ts";
import { anyModule, atPath, locate, locateAll, type PluginFile } from "./plugins/locate.ts";
import { distrust } from "./plugins/trust.ts";
import type { DialContext, Env, OptionSpec, Transport } from "./transport.ts";

/** The plugins of a machine. */
export interface Plugins {
  /**
   * The plugin at a path, for an endpoint of this scheme. Throws `EndpointError` for a refused
   * plugin.
   */
  at(scheme: string, path: string, endpoint: string): Transport;
  /** The plugin of the scheme in the folders; undefined without a plugin. Throws as `at` does. */
  find(scheme: string, endpoint: string): Transport | undefined;
  /**
   * Every plugin in the folders, by precedence.
   *
   * @internal
   */
  list(): PluginFile[];
  /**
   * True where modules may be loaded into this process, or one has been named.
   *
   * @internal
   */
  hasModules(): boolean;
  /**
   * An executable's metadata. Throws `MetadataError`.
   *
   * @internal
   */
  metadata(path: string): Promise<Metadata>;
}

/** An endpoint of a plugin's scheme. */
interface PluginSpec {
  readonly endpoint: string;
  readonly options: Readonly<Record<string, string>>;
  readonly host: string;
}

/** Finds plugins in the folders that the environment names. */
export function createPlugins(env: Env): Plugins {
  const asked = new Map<string, Promise<Metadata>>();
  let named = false;

  /** Asks each version of a file for its metadata once, even without the cache on disk. */
  function metadata(path: string): Promise<Metadata> {
    const kept = readCache(path, env);
    if (kept !== undefined) return Promise.resolve(kept);
    const state = stateOf(path) ?? path;
    let answer = asked.get(state);
    if (answer === undefined) {
      answer = ask(path, state, env);
      asked.set(state, answer);
      answer.catch(() => asked.delete(state));
    }
    return answer;
  }

  const transportOf = (file: PluginFile, endpoint: string): Transport => {
    const { refused, path, scheme } = file;
    if (refused === undefined) return pluginTransport(file, { env, metadata }) as Transport;
    const problem = `the plugin ${path} of ${scheme}:// is not used: ${refused.problem}`;
    throw new EndpointError(redact(endpoint), problem, refused.hint);
  };
  return {
    at(scheme, path, endpoint) {
      const file = atPath(scheme, path);
      named ||= file.kind === "module";
      return transportOf(file, endpoint);
    },
    find(scheme, endpoint) {
      const file = locate(scheme, env);
      return file && transportOf(file, endpoint);
    },
    list: () => locateAll(env),
    hasModules: () => named || anyModule(env),
    metadata,
  };
}

async function ask(path: string, state: string, env: Env): Promise<Metadata> {
  const { askMetadata } = await import("./plugins/ask.ts");
  const metadata = await askMetadata(path);
  writeCache(path, state, metadata, env);
  return metadata;
}

interface Use {
  readonly env: Env;
  metadata(path: string): Promise<Metadata>;
}

function pluginTransport(file: PluginFile, use: Use): Transport<PluginSpec> {
  const { scheme, path, kind } = file;
  const known = () => kind === "executable" ? readCache(path, use.env)?.options : undefined;
  const example = `${scheme}://ADDRESS`;
  return {
    scheme,
    summary: `the plugin ${path}`,
    example,
    get options() {
      return known() ?? [];
    },

    parse(endpoint): PluginSpec {
      const options = known() ?? anyOptions(endpoint);
      const parts = splitEndpoint(endpoint, { example, options });
      const [authority] = parts.address.split("/", 1);
      return {
        endpoint,
        options: Object.fromEntries(parts.options),
        host: authority!.slice(authority!.lastIndexOf("@") + 1),
      };
    },

    describe: (spec) => redact(spec.endpoint, known() ?? []),
    host: ({ host }) => ({ authority: host, name: hostName(host) }),
    plaintext: () => false,

    async dial(spec, context) {
      const shown = redact(spec.endpoint, known() ?? []);
      const { endpoint: url, options, host } = spec;
      const target: Target = { path, url, shown, options, authority: host || "localhost" };
      // The file may have changed since the endpoint was parsed.
      const refused = distrust(path);
      if (refused !== undefined) {
        const problem = `the plugin ${path} is not used: ${refused.problem}`;
        throw new DialError(problem, { ...refused, endpoint: shown, step: "exec", code: "config" });
      }
      if (kind === "module") {
        const { dialModule } = await import("./plugins/module.ts");
        return await dialModule(target, context);
      }
      const metadata = await checkedMetadata(file, target, use, context);
      const secrets = secretsIn(url, metadata.options ?? []);
      const shielded = { ...target, shown: redact(url, metadata.options), secrets };
      const { dialExecutable } = await import("./plugins/executable.ts");
      return await dialExecutable(shielded, metadata, context);
    },
  };
}

/** Returns the metadata, after checking that it fits the target. */
async function checkedMetadata(
  { scheme, path }: PluginFile,
  { url, shown }: Target,
  use: Use,
  { signal, step }: DialContext,
): Promise<Metadata> {
  if (signal.aborted) throw interrupted(signal, shown, "exec", path);
  step("exec", `${path} metadata`);
  try {
    const metadata = await abortable(use.metadata(path), signal);
    if (!metadata.schemes.includes(scheme)) {
      const list = metadata.schemes.join(", ");
      throw new DialError(`the plugin ${path} serves ${list}, not ${scheme}`, {
        endpoint: shown,
        step: "exec",
        code: "config",
        hint: "name its file after one of its own schemes",
      });
    }
    if (metadata.options !== undefined) {
      splitEndpoint(url, { example: `${scheme}://ADDRESS`, options: metadata.options });
    }
    return metadata;
  } catch (error) {
    if (signal.aborted) throw interrupted(signal, shown, "exec", path);
    if (!(error instanceof MetadataError)) throw error;
    throw new DialError(`the plugin ${path} can't be used: ${error.message}`, {
      endpoint: shown,
      step: "exec",
      code: error.code,
      hint: error.hint,
      cause: error,
    });
  }
}

/**
 * The values of options that may be secret, decoded and as typed. Until the plugin has listed its
 * options, each of them may be.
 */
function secretsIn(url: string, options: readonly OptionSpec[]): string[] {
  const harmless = options.filter(({ secret }) => !secret).map(({ name }) => name);
  const [, query = ""] = cut(url, "?");
  return query.split("&").flatMap((pair) => {
    const [[name = "", value = ""] = []] = [...new URLSearchParams(pair)];
    return harmless.includes(name) ? [] : [value, cut(pair, "=")[1] ?? ""];
  });
}

/** Accepts any options, all as secret, until the plugin has listed its own. */
function anyOptions(endpoint: string): OptionSpec[] {
  const [, query = ""] = cut(endpoint, "?");
  const names = [...new URLSearchParams(query).keys()];
  return [...new Set(names)].map((name) => ({ name, summary: "", secret: true }));
}
