/** What a target needs of this machine and of the daemon, beyond what everyone may. */
import type { Target } from "../../../bake/target.ts";
import { parseLayoutRef } from "../../../buildkit/session/oci_layout.ts";
import type { Env } from "../../../transports/transport.ts";
import { isRemote } from "../../../builds/inputs/remote.ts";
import { type NamedContext, parseBuildContexts } from "../../../builds/spec/build_context.ts";
import { readCaches } from "../../../builds/spec/cache.ts";
import { parseOutputs } from "../../../builds/spec/output.ts";
import { parseSsh } from "../../../builds/spec/ssh.ts";
import { sshTexts } from "../build_flags.ts";
import type { Place } from "../target_paths.ts";
import type { Planned } from "../plan.ts";
import { deviceName, type Privileges } from "./grants.ts";

/**
 * Adds them to `needs`; paths as they are written, from the working folder. They are read from what
 * the build is given, as it reads it: a definition's own words may mean something else there, like the
 * key `DEST`, a key with an equals sign, or a path with a comma.
 */
export function addNeeds(needs: Privileges, { target, place, flags }: Planned, env: Env): void {
  for (const name of target.entitlements ?? []) {
    if (name === "network.host") needs.networkHost = true;
    if (name === "security.insecure") needs.insecure = true;
    if (name === "device") needs.allDevices = true;
    if (name.startsWith("device=")) needs.devices.add(deviceName(name.slice("device=".length)));
  }
  if (target.network === "host") needs.networkHost = true;
  const contexts = parseBuildContexts(flags["build-context"]);
  for (const path of inputsOf(target, place, contexts)) needs.read.add(path);
  for (const { type, attrs: { src } } of readCaches(flags["cache-from"])) {
    if (type === "local" && src !== undefined) needs.read.add(src);
  }
  for (const { type, attrs: { dest } } of readCaches(flags["cache-to"])) {
    if (type === "local" && dest !== undefined) needs.write.add(dest);
  }
  for (const { id, src, env: variable } of target.secret ?? []) {
    // Without either it is the variable of its name, else the file.
    if (src !== "") needs.read.add(src);
    else if (variable === "" && env(id) === undefined) needs.read.add(id);
  }
  for (const { paths } of parseSsh(sshTexts(target))) {
    const named = paths.filter(Boolean);
    if (named.length === 0) needs.ssh = true;
    for (const path of named) needs.read.add(path);
  }
  for (const { type, dest, attrs: { mode } } of parseOutputs(flags.output)) {
    if (type === "local" && mode?.trim().toLowerCase() === "delete") needs.localDelete = true;
    if (dest !== "" && dest !== "-") needs.write.add(dest);
  }
}

function inputsOf(
  target: Target,
  { context, dockerfile }: Place,
  contexts: readonly NamedContext[],
): string[] {
  const paths: string[] = [];
  if (!isRemote(context)) paths.push(context);
  const isInside = isRemote(context) && !dockerfile.startsWith("/");
  if (!target["dockerfile-inline"] && !isInside && !isRemote(dockerfile)) paths.push(dockerfile);
  for (const { value } of contexts) {
    if (isRemote(value) || /^(?:target:|docker-image:)/.test(value)) continue;
    paths.push(parseLayoutRef(value)?.path ?? value);
  }
  return paths;
}
