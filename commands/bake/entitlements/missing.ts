import { openedPath } from "../../../base/opened_path.ts";
import { absolutePath, isBelow } from "../../../base/paths.ts";
import { noPrivileges, type Privileges } from "./grants.ts";

/** What is needed and not granted; the working folder is granted. Paths come out real and sorted. */
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
  for (const kind of ["read", "write"] as const) {
    for (const path of missingPaths(needs[kind], grants[kind], cwd)) missing[kind].add(path);
  }
  return missing;
}

function missingPaths(
  needed: ReadonlySet<string>,
  granted: ReadonlySet<string>,
  cwd: string,
): string[] {
  if (granted.has("*")) return [];
  const allowed = [".", ...granted].map((path) => realPath(absolutePath(path, cwd), "whole"));
  const isAllowed = (path: string) => allowed.some((folder) => isWithin(path, folder));
  const outside = new Set(
    [...needed].flatMap((path) => [absolutePath(path, cwd), openedPath(path, cwd)])
      .filter((path) => !isAllowed(realPath(path, "whole")))
      .map((path) => realPath(path, "existing")),
  );
  const within = (path: string) =>
    [...outside].some((folder) => folder !== path && isWithin(path, folder));
  return [...outside].filter((path) => !within(path)).sort();
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || isBelow(path, folder);
}

/** As many symbolic links as a path may lead through. */
const MOST_LINKS = 40;

/**
 * A path without symbolic links, as far as it is there. What isn't yet will be made in the last folder
 * that is: `existing` leads there. A link that leads to nothing yet is followed too.
 */
function realPath(path: string, part: "whole" | "existing", links = 0): string {
  try {
    return Deno.realPathSync(path).replaceAll("\\", "/");
  } catch {
    const slash = path.lastIndexOf("/");
    if (slash < 0 || path === "/" || links > MOST_LINKS) return path;
    const folder = path.slice(0, slash) || "/";
    const link = linkAt(path);
    if (link !== undefined) return realPath(absolutePath(link, folder), part, links + 1);
    const above = realPath(folder, part, links);
    if (part === "existing") return above;
    return above === "/" ? path.slice(slash) : `${above}${path.slice(slash)}`;
  }
}

function linkAt(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}
