/** What a build needs of this machine and of the daemon beyond what every build may do. */
import type { AgentEntry } from "../../grammar/ssh.ts";
import type { Env } from "../../transports/transport.ts";
import { agentsOf } from "../spec/agents.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import type { NamedSource } from "../spec/source.ts";
import { deviceName, type Privileges } from "./privileges.ts";

/**
 * Adds the needs of a build; paths are seen from the working folder.
 * @param lent agents that the user of the command line lends to the build
 */
export function addNeeds(
  needs: Privileges,
  spec: BuildSpec,
  env: Env,
  lent: readonly AgentEntry[] = [],
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
  for (const { id, src, env: variable } of spec.secrets) {
    // Without either it is the variable of its name, or else the file.
    if (src !== "") needs.read.add(src);
    else if (variable === "" && env(id) === undefined) addPath(needs.read, id);
  }
  for (const agent of agentsOf(spec)) {
    if (lent.includes(agent)) continue;
    const named = agent.paths.filter(Boolean);
    if (named.length === 0) needs.ssh = true;
    for (const path of named) needs.read.add(path);
  }
  for (const { type, dest, attrs } of spec.outputs) {
    const mode = attrs.get("mode")?.trim().toLowerCase();
    if (type === "local" && mode === "delete") needs.localDelete = true;
    if (dest !== "-") addPath(needs.write, dest);
    // A socket of the author's choice, which gets the image.
    if (attrs.has("load")) addPath(needs.write, attrs.get("socket")?.replace(/^unix:\/\//, ""));
  }
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
