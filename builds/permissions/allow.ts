import { csvFields } from "../../base/go/csv.ts";
import type { Output } from "../spec/output.ts";
import { quote } from "../../base/go/quote.ts";
import { UsageError } from "../../base/usage_error.ts";
import { isBelow } from "../../base/paths.ts";
import { realPath } from "../../base/real_path.ts";
import { cut } from "../../base/cut.ts";

/** A permission for this machine alone. It is not sent to the daemon. */
const LOCAL_DELETE = "buildx.local.delete";

/**
 * Returns the permissions of `--allow` that are sent to the daemon. The one for this machine is
 * checked here. An output that deletes other files of its folder may do so only below the working
 * folder, unless that is allowed. Throws `UsageError`.
 */
export function checkAllowed(
  allow: readonly string[],
  outputs: readonly Output[],
  cwd: string,
): string[] {
  const asked = allow.filter((name) => name !== "" && name !== LOCAL_DELETE);
  asked.forEach(checkName);
  if (!allow.includes(LOCAL_DELETE)) {
    for (const { target } of outputs) {
      if (target.to !== "directory" || target.mode !== "delete") continue;
      if (isBelow(realPath(target.path, cwd).path, realPath(".", cwd).path)) continue;
      throw new UsageError(
        `local output mode=delete for destination ${JSON.stringify(target.path)} requires ` +
          `--allow=${LOCAL_DELETE}`,
        "everything in that folder that is not in the result would be deleted",
      );
    }
  }
  return asked;
}

/** The daemon would say the same, but later. */
function checkName(name: string): void {
  if (name.startsWith(`${LOCAL_DELETE}=`)) {
    throw new UsageError(`${LOCAL_DELETE} does not accept a value`);
  }
  const [kind, device] = cut(name, "=");
  const isDevice = kind === "device";
  if (!isDevice && !["network.host", "security.insecure"].includes(name)) {
    throw new UsageError(
      `unknown entitlement ${name}`,
      `the entitlements are network.host, security.insecure, device and ${LOCAL_DELETE}`,
    );
  }
  if (device === undefined) return;
  for (const field of csvFields(device).slice(1)) {
    const [key, ...value] = field.split("=");
    if (value.length === 0) throw new UsageError(`invalid device config ${quote(field)}`);
    if (key !== "alias") throw new UsageError(`unknown device config key ${quote(key!)}`);
  }
}
