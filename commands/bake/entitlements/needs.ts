/** What a target needs of this machine and of the daemon, beyond what everyone may. */
import type { Target } from "../../../bake/target.ts";
import { parseLayoutRef } from "../../../buildkit/session/oci_layout.ts";
import type { Env } from "../../../transports/transport.ts";
import { isRemote } from "../../build/inputs/remote.ts";
import type { Place } from "../place.ts";
import { deviceName, type Privileges } from "./grants.ts";

/** Adds them to `needs`; paths as they are written, from the working folder. */
export function addNeeds(needs: Privileges, target: Target, place: Place, env: Env): void {
  for (const name of target.entitlements ?? []) {
    if (name === "network.host") needs.networkHost = true;
    if (name === "security.insecure") needs.insecure = true;
    if (name === "device") needs.allDevices = true;
    if (name.startsWith("device=")) needs.devices.add(deviceName(name.slice("device=".length)));
  }
  if (target.network === "host") needs.networkHost = true;
  for (const path of inputsOf(target, place)) needs.read.add(path);
  for (const { type, attrs } of target["cache-from"] ?? []) {
    if (type === "local" && attrs.has("src")) needs.read.add(attrs.get("src")!);
  }
  for (const { type, attrs } of target["cache-to"] ?? []) {
    if (type === "local" && attrs.has("dest")) needs.write.add(attrs.get("dest")!);
  }
  for (const { id, src, env: variable } of target.secret ?? []) {
    // Without either it is the variable of its name, else the file.
    if (src !== "") needs.read.add(src);
    else if (variable === "" && env(id) === undefined) needs.read.add(id);
  }
  for (const { paths } of target.ssh ?? []) {
    const named = paths.filter(Boolean);
    if (named.length === 0) needs.ssh = true;
    for (const path of named) needs.read.add(path);
  }
  for (const { type, dest, attrs } of target.output ?? []) {
    if (type === "local" && attrs.get("mode")?.trim().toLowerCase() === "delete") {
      needs.localDelete = true;
    }
    if (dest !== "" && dest !== "-") needs.write.add(dest);
  }
}

function inputsOf(target: Target, { context, dockerfile, contexts }: Place): string[] {
  const paths: string[] = [];
  if (!isRemote(context)) paths.push(context);
  const isInside = isRemote(context) && !dockerfile.startsWith("/");
  if (!target["dockerfile-inline"] && !isInside && !isRemote(dockerfile)) paths.push(dockerfile);
  for (const value of contexts.values()) {
    if (isRemote(value) || /^(?:target:|docker-image:)/.test(value)) continue;
    paths.push(parseLayoutRef(value)?.path ?? value);
  }
  return paths;
}
