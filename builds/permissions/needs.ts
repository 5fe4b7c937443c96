/** The needs of a build, on this machine and the daemon, beyond the rights of every build. */
import type { AgentEntry } from "../../grammar/ssh.ts";
import type { Env } from "../../transports/transport.ts";
import { agentsOf } from "../spec/agents.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import { socketPath } from "../spec/output.ts";
import type { NamedSource } from "../spec/source.ts";
import { deviceName, type Privileges } from "./privileges.ts";

/**
 * Adds the needs of a build; paths are relative to the working folder.
 * @param granted agents that the command line grants to the build
 */
export function addNeeds(
  needs: Privileges,
  spec: BuildSpec,
  env: Env,
  granted: readonly AgentEntry[] = [],
): void {
  for (const name of spec.entitlements) {
    if (name === "network.host") needs.networkHost = true;
    if (name === "security.insecure") needs.insecure = true;
    if (name === "device") needs.allDevices = true;
    if (name.startsWith("device=")) needs.devices.add(deviceName(name.slice("device=".length)));
  }
  if (spec.network === "host") needs.networkHost = true;
  for (const path of inputPaths(spec)) needs.read.add(path);
  for (const { type, attrs } of spec.cacheFrom) {
    if (type === "local") addPath(needs.read, attrs.get("src"));
  }
  for (const { type, attrs } of spec.cacheTo) {
    if (type === "local") addPath(needs.write, attrs.get("dest"));
  }
  const own = agentsOf(spec).filter((agent) => !granted.includes(agent));
  for (const path of credentialPaths({ ...spec, agents: own }, env)) needs.read.add(path);
  needs.ssh ||= own.some(({ paths }) => !paths.some(Boolean));
  for (const { type, dest, attrs } of spec.outputs) {
    const mode = attrs.get("mode")?.trim().toLowerCase();
    if (type === "local" && mode === "delete") needs.localDelete = true;
    if (dest !== "-") addPath(needs.write, dest);
    // The author chose this socket, which gets the image.
    if (attrs.has("load")) addPath(needs.write, socketPath(attrs.get("socket")));
  }
}

/** Files of secrets, and keys and sockets of agents, as they are written. */
export function credentialPaths(
  { secrets, agents }: Pick<BuildSpec, "secrets" | "agents">,
  env: Env,
): string[] {
  const files = secrets.map(({ id, src, env: variable }) =>
    // Without either, a secret is the variable of its id, or else the file.
    src || (variable === "" && env(id) === undefined ? id : "")
  );
  return [...files, ...agents.flatMap(({ paths }) => paths)].filter(Boolean);
}

function addPath(paths: Set<string>, path: string | undefined): void {
  if (path) paths.add(path);
}

function inputPaths({ context, dockerfile, contexts }: BuildSpec): string[] {
  const paths: string[] = [];
  if ("path" in context) paths.push(context.path);
  if (dockerfile.kind === "file") paths.push(dockerfile.path);
  const pathOf = (source: NamedSource) => "path" in source ? source.path : [];
  return [...paths, ...contexts.flatMap(({ source }) => pathOf(source))];
}
