/** Proxies for builds in docker's configuration: `proxies`, for one engine or for all. */
import { dockerConfigDir } from "../builders/store/config_dir.ts";
import { dockerEndpoint } from "../transports/engine/docker_context.ts";
import type { Env } from "../transports/transport.ts";
import { maybe } from "../base/maybe.ts";

const NAMES = {
  httpProxy: "HTTP_PROXY",
  httpsProxy: "HTTPS_PROXY",
  noProxy: "NO_PROXY",
  ftpProxy: "FTP_PROXY",
} as const;

/**
 * Build arguments by name, without those that `given` has in any case. There are none if the
 * configuration can't be read.
 */
export async function proxyArgs(
  given: Readonly<Record<string, string>>,
  env: Env,
): Promise<Record<string, string>> {
  const proxies = readProxies(`${dockerConfigDir(env)}/config.json`);
  if (proxies === undefined) return {};
  const endpoint = await dockerEndpoint(env).catch(() => undefined);
  const proxy = proxies[endpoint?.host ?? ""] ?? proxies["default"] ?? {};
  const typed = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const args: Record<string, string> = {};
  for (const [key, name] of Object.entries(NAMES)) {
    const value = proxy[key];
    if (typeof value === "string" && value !== "" && !typed.has(name.toLowerCase())) {
      args[name] = value;
    }
  }
  return args;
}

type Proxies = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function readProxies(path: string): Proxies | undefined {
  return maybe(() => {
    const text = Deno.readTextFileSync(path);
    // Most configurations have no proxies, so parsing is skipped.
    return text.includes('"proxies"') ? JSON.parse(text).proxies : undefined;
  });
}
