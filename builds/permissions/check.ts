/** Compares the needs of builds with the granted permissions, before anything is built. */
import type { AgentEntry } from "../../grammar/ssh.ts";
import type { Deps } from "../../cli/deps.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import { isFromCompose, localChecks } from "./enabled.ts";
import { addNeeds } from "./needs.ts";
import { missingOf, type Permitted, permittedPaths } from "./permitted.ts";
import { noPrivileges, parseGrants, type Privileges } from "./privileges.ts";

/** One build whose author may not be trusted. */
export interface Suspect {
  readonly spec: BuildSpec;
  /** Agents that the command line grants to the build. */
  readonly granted: readonly AgentEntry[];
}

/** The options of the check besides the builds. */
export interface CheckContext {
  readonly deps: Pick<Deps, "env" | "cwd">;
  /** `--allow`. */
  readonly allow: readonly string[];
  /** The paths and permissions that `--set` named, and so granted. */
  readonly named: {
    readonly read: readonly string[];
    readonly write: readonly string[];
    readonly networkHost: boolean;
    readonly securityInsecure: boolean;
  };
  /** The definition was fetched. */
  readonly isRemote: boolean;
  /** `-f`. */
  readonly files: readonly string[];
}

/** The result of the check. */
export interface Checked {
  /** Undefined when no privilege is missing. */
  readonly missing: Missing | undefined;
  /**
   * The paths that the builds may open once the missing privileges are granted; undefined for all.
   */
  readonly permitted: Permitted | undefined;
}

/** The missing privileges, and how to report them. */
export interface Missing {
  readonly privileges: Privileges;
  /** Files are checked by default: no setting has turned that off. */
  readonly isByDefault: boolean;
}

/** Throws `UsageError` for an unknown `--allow`. */
export function checkPermissions(
  builds: readonly Suspect[],
  { deps, allow, named, isRemote, files }: CheckContext,
): Checked {
  const grants = parseGrants(allow);
  for (const path of named.read) grants.read.add(path);
  for (const path of named.write) grants.write.add(path);
  grants.networkHost ||= named.networkHost;
  grants.insecure ||= named.securityInsecure;
  for (const agent of builds.flatMap(({ granted }) => granted)) {
    for (const path of agent.paths) if (path !== "") grants.read.add(path);
  }
  const needs = noPrivileges();
  for (const { spec, granted } of builds) addNeeds(needs, spec, deps.env, granted);
  const fromCompose = isFromCompose(files, deps.env);
  const { checksLocal, isByDefault } = localChecks(deps.env, {
    isRemote,
    isFromCompose: fromCompose,
  });
  if (!checksLocal) {
    needs.ssh = false;
    needs.read.clear();
    needs.write.clear();
  }
  if (fromCompose) {
    needs.networkHost = needs.insecure = needs.allDevices = false;
    needs.devices.clear();
  }
  const privileges = missingOf(needs, grants, deps.cwd);
  const isSome = Object.values(privileges).some((part) =>
    part instanceof Set ? part.size > 0 : part
  );
  const paths = {
    read: new Set([...grants.read, ...privileges.read]),
    write: new Set([...grants.write, ...privileges.write]),
  };
  return {
    missing: isSome ? { privileges, isByDefault } : undefined,
    permitted: checksLocal ? permittedPaths(paths, deps.cwd) : undefined,
  };
}
