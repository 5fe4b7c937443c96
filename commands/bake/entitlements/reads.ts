import type { Deps } from "../../../cli/deps.ts";
import { UsageError } from "../../../base/usage_error.ts";
import { localChecks } from "./permission_checks.ts";
import { noPrivileges, parseGrants } from "./grants.ts";
import { missingOf } from "./missing.ts";

/**
 * What a definition from elsewhere may make us read while it is being understood: files that compose
 * includes, extends, or takes variables from. Throws `UsageError` outside of the working folder and of
 * what is allowed; buildx reads them.
 */
export function checkRead(path: string, { deps, allow }: {
  readonly deps: Deps;
  /** `--allow`. */
  readonly allow: readonly string[];
}): void {
  if (!localChecks(deps.env, { isRemote: true, isFromCompose: false }).checksLocal) return;
  const needs = noPrivileges();
  needs.read.add(path);
  if (missingOf(needs, parseGrants(allow), deps.cwd).read.size === 0) return;
  throw new UsageError(
    `open ${path}: a definition from elsewhere may read files of the working folder only`,
    `pass --allow=fs.read=${path} if it is meant to`,
  );
}
