import { nearest } from "../base/nearest.ts";
import { isFile } from "../base/stat.ts";
import { schemeOf } from "../transports/endpoint.ts";
import {
  contextNames,
  dockerEndpoint,
  engineAddress,
} from "../transports/engine/docker_context.ts";
import { podmanHost } from "../transports/engine/podman_host.ts";
import type { Env } from "../transports/transport.ts";
import { BuilderError } from "./builder_error.ts";
import type { CreateRequest } from "./create.ts";
import { newEndpoint } from "./drivers/kubernetes/names.ts";
import { buildxConfigDir } from "./store/config_dir.ts";
import type { NodeChange } from "./store/node_group.ts";

/** The endpoint, flags and files that a driver's nodes are stored with. Throws `BuilderError`. */
export async function changeOf(
  driver: string,
  name: string,
  request: CreateRequest,
  env: Env,
): Promise<NodeChange> {
  const { platforms, driverOpts, listening } = request;
  if (listening !== undefined && !driver.endsWith("-container")) {
    throw new BuilderError(`--listen is not supported for ${driver} driver`, {
      hint: "--listen works with the drivers docker-container and podman-container",
    });
  }
  if (driver === "remote") {
    return { ...{ platforms, driverOpts }, endpoint: remoteEndpoint(request, env), isSet: true };
  }
  const { buildkitdFlags, splitWords } = await import("./making/buildkitd_flags.ts");
  // As in buildx, a mistake in the flags is reported before one in the file.
  const given = request.buildkitdFlags === "" ? undefined : splitWords(request.buildkitdFlags);
  const path = request.buildkitdConfig || defaultConfig(env);
  const config = path === undefined
    ? undefined
    : (await import("./making/config_files.ts")).readDaemonConfig(path);
  const flags = buildkitdFlags(
    given,
    driver.endsWith("-container") ? driverOpts?.["network"] : undefined,
    config?.entitlements ?? [],
  );
  return {
    ...{ platforms, driverOpts },
    ...(flags || listening) && { flags: [...flags ?? [], ...listening?.flags ?? []] },
    ...(config || listening) && { files: { ...config?.files, ...listening?.files } },
    endpoint: driver === "kubernetes"
      ? kubernetesEndpoint(name, request, env)
      : driver === "podman-container"
      ? podmanEndpoint(request, env)
      : await engineEndpoint(request, env),
    isSet: driver !== "kubernetes" && request.endpoint !== "",
  };
}

/** The daemon's configuration that every new builder gets, unless the user names another. */
function defaultConfig(env: Env): string | undefined {
  const path = `${buildxConfigDir(env)?.path ?? ""}/buildkitd.default.toml`;
  return isFile(path) ? path : undefined;
}

function remoteEndpoint(request: CreateRequest, env: Env): string {
  const endpoint = request.endpoint || env("BUILDKIT_HOST");
  if (endpoint) return endpoint;
  throw new BuilderError("no remote endpoint provided", {
    hint: "name the daemon, like 'fairlead create tcp://127.0.0.1:1234', " +
      "or set BUILDKIT_HOST",
  });
}

/** The address of podman's service. */
function podmanEndpoint({ endpoint }: CreateRequest, env: Env): string {
  const { host } = podmanHost(env, endpoint || undefined);
  if (/^(?:tcp|unix|npipe|ssh):\/\//.test(host)) return host;
  throw new BuilderError(
    `failed to parse endpoint ${host}: it is not the address of a podman service`,
    {
      hint: "write it as unix:///run/podman/podman.sock or ssh://HOST/run/podman/podman.sock",
    },
  );
}

function kubernetesEndpoint(name: string, { endpoint, node }: CreateRequest, env: Env): string {
  if (endpoint === "") return newEndpoint(name, node, env("KUBECONFIG") ?? "");
  throw new BuilderError(
    `kubernetes driver does not support endpoint args ${JSON.stringify(endpoint)}`,
    {
      hint:
        "leave it out: create --driver kubernetes takes the current context of the kubeconfig " +
        "(KUBECONFIG)",
    },
  );
}

/** The engine of a container: a docker context's name, or the engine's address. */
async function engineEndpoint({ endpoint }: CreateRequest, env: Env): Promise<string> {
  if (endpoint === "") {
    const { context, host, tls } = await dockerEndpoint(env);
    if (context !== "default") return context;
    if (tls === undefined) return host;
    throw new BuilderError(
      "could not create a builder instance with TLS data loaded from environment. Please use " +
        "`docker context create <context-name>` to create a context for current environment and " +
        "then create a builder instance with context set to <context-name>",
    );
  }
  if (endpoint === "default") return (await dockerEndpoint(env, endpoint)).host;
  const names = contextNames(env);
  if (names.includes(endpoint)) return endpoint;
  const near = nearest(endpoint, names);
  // docker takes any word for a host. A word alone is more likely a context that isn't there.
  if (schemeOf(endpoint) !== undefined || near === undefined && /[.:]/.test(endpoint)) {
    return engineAddress(endpoint, "endpoint");
  }
  throw new BuilderError(`failed to parse endpoint ${endpoint}: it is not a docker context`, {
    hint: near === undefined
      ? `the contexts are ${names.join(", ")}; an engine's address begins with unix:// or tcp://`
      : `did you mean ${near}?`,
  });
}
