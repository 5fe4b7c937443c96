/** A plan held against what is granted, before anything is built. */
import type { Allowed } from "../../../bake/options.ts";
import type { Deps } from "../../../cli/deps.ts";
import type { Planned } from "../plan.ts";
import { isFromCompose, localChecks } from "./permission_checks.ts";
import { noPrivileges, parseGrants, type Privileges } from "./grants.ts";
import { missingOf } from "./missing.ts";
import { addNeeds } from "./needs.ts";

/** What the check goes by. */
export interface CheckContext {
  readonly deps: Deps;
  /** `--allow`. */
  readonly allow: readonly string[];
  /** What `--set` named, and so allowed. */
  readonly allowed: Allowed;
  /** The definition comes from elsewhere. */
  readonly isRemote: boolean;
  /** `-f`. */
  readonly files: readonly string[];
}

/** What is missing, and how that is to be said. */
export interface Missing {
  readonly privileges: Privileges;
  /** Only because nobody said that files are not to be checked. */
  readonly isByDefault: boolean;
}

/** What the targets need together and nobody granted; undefined for nothing. Throws `UsageError`. */
export function missingPrivileges(
  plan: readonly Planned[],
  { deps, allow, allowed, isRemote, files }: CheckContext,
): Missing | undefined {
  const grants = parseGrants(allow);
  for (const path of allowed.read) grants.read.add(path);
  for (const path of allowed.write) grants.write.add(path);
  grants.networkHost ||= allowed.networkHost;
  grants.insecure ||= allowed.securityInsecure;
  const needs = noPrivileges();
  for (const planned of plan) addNeeds(needs, planned, deps.env);
  const { checksLocal, isByDefault } = localChecks(deps.env, {
    isRemote,
    isFromCompose: isFromCompose(files, deps.env),
  });
  if (!checksLocal) {
    needs.ssh = false;
    needs.read.clear();
    needs.write.clear();
  }
  if (isFromCompose(files, deps.env)) {
    needs.networkHost = needs.insecure = needs.allDevices = false;
    needs.devices.clear();
  }
  const privileges = missingOf(needs, grants, deps.cwd);
  const some = Object.values(privileges).some((part) => part instanceof Set ? part.size > 0 : part);
  return some ? { privileges, isByDefault } : undefined;
}
