import { isBelow } from "../../base/paths.ts";
import { realPath } from "../../base/real_path.ts";
import { noPrivileges, type Privileges } from "./privileges.ts";

/** Which paths of this machine may be opened. */
export interface Permitted {
  /** Whether a path, seen from the working folder, may be read with all that lies below it. */
  mayRead(path: string): boolean;
  mayWrite(path: string): boolean;
}

/**
 * The paths that the grants permit: the granted paths, the working folder, and all that lies below.
 * Symbolic links count as their targets. A path that does not exist yet is permitted where its
 * deepest existing folder is, as with buildx.
 */
export function permittedPaths(grants: Pick<Privileges, "read" | "write">, cwd: string): Permitted {
  return { mayRead: pathTest(grants.read, cwd), mayWrite: pathTest(grants.write, cwd) };
}

function pathTest(granted: ReadonlySet<string>, cwd: string): (path: string) => boolean {
  if (granted.has("*")) return () => true;
  const folders = [".", ...granted].map((path) => realPath(path, cwd).path);
  return (path) => {
    const { existing } = realPath(path, cwd);
    return folders.some((folder) => existing === folder || isBelow(existing, folder));
  };
}

/** Returns the needs that are not granted. The paths are real, sorted, and as far as they exist. */
export function missingOf(needs: Privileges, grants: Privileges, cwd: string): Privileges {
  const missing = noPrivileges();
  missing.networkHost = needs.networkHost && !grants.networkHost;
  missing.insecure = needs.insecure && !grants.insecure;
  missing.allDevices = needs.allDevices && !grants.allDevices;
  for (const name of grants.allDevices ? [] : needs.devices) {
    if (!grants.devices.has(name)) missing.devices.add(name);
  }
  missing.ssh = needs.ssh && !grants.ssh;
  missing.localDelete = needs.localDelete && !grants.localDelete;
  const { mayRead, mayWrite } = permittedPaths(grants, cwd);
  for (const path of outermost(needs.read, mayRead, cwd)) missing.read.add(path);
  for (const path of outermost(needs.write, mayWrite, cwd)) missing.write.add(path);
  return missing;
}

/** The paths that fail the test, without those below another of them. */
function outermost(
  paths: ReadonlySet<string>,
  isPermitted: (path: string) => boolean,
  cwd: string,
): string[] {
  const others = new Set(
    [...paths].filter((path) => !isPermitted(path)).map((path) => realPath(path, cwd).existing),
  );
  return [...others].filter((path) => ![...others].some((folder) => isBelow(path, folder))).sort();
}
