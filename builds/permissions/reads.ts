import { realPath } from "../../base/real_path.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { Deps } from "../../cli/deps.ts";
import { localChecks } from "./enabled.ts";
import { permittedPaths } from "./permitted.ts";
import { parseGrants } from "./privileges.ts";

/**
 * Checks a path that a fetched definition needs while it is read: compose includes and extends
 * files, and takes variables from them. Throws `UsageError` outside of the working folder and of
 * the allowed paths; buildx reads such files.
 */
export function readablePath(path: string, { deps, allow }: {
  readonly deps: Pick<Deps, "env" | "cwd">;
  /** `--allow`. */
  readonly allow: readonly string[];
}): string {
  const { env, cwd } = deps;
  const real = realPath(path, cwd).path;
  if (!localChecks(env, { isRemote: true, isFromCompose: false }).checksLocal) return real;
  if (permittedPaths(parseGrants(allow), cwd).mayRead(real)) return real;
  throw new UsageError(
    `open ${path}: a remote definition may read only files of the working folder`,
    `pass --allow=fs.read=${path} if that is intended`,
  );
}
