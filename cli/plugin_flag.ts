import { type Deps, withChanges } from "./deps.ts";
import { UsageError } from "../base/usage_error.ts";

/** `deps` with the plugins of `--transport-plugin SCHEME=/path`, which come before all others. */
export function withNamedPlugins(deps: Deps, named: readonly string[]): Deps {
  if (named.length === 0) return deps;
  let { registry } = deps;
  for (const pair of named) {
    const [, scheme, path] = /^([a-z][a-z0-9-]{0,31})=(.+)$/.exec(pair) ?? [];
    if (scheme === undefined || path === undefined) {
      throw new UsageError(
        `invalid argument ${JSON.stringify(pair)} for "--transport-plugin" flag`,
        "write it as --transport-plugin SCHEME=/absolute/path",
      );
    }
    registry = registry.withPlugin(scheme, path);
  }
  return withChanges(deps, { registry });
}
