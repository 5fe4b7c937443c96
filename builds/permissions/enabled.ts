import type { Env } from "../../transports/transport.ts";
import { quote } from "../../base/go/quote.ts";
import { isTrue } from "../../cli/env_bool.ts";

/**
 * Whether a definition's use of this machine's files and agent is checked, and whether that is so only
 * because nobody said otherwise.
 */
export function localChecks(
  env: Env,
  { isRemote, isFromCompose }: { readonly isRemote: boolean; readonly isFromCompose: boolean },
): { readonly checksLocal: boolean; readonly isByDefault: boolean } {
  const what = (name: string) => `failed to parse ${name} value ${quote(env(name) ?? "")}`;
  const said = (name: string) => isTrue(name, env, what(name));
  if (env("BUILDX_BAKE_ENTITLEMENTS_FS")) {
    return { checksLocal: said("BUILDX_BAKE_ENTITLEMENTS_FS"), isByDefault: false };
  }
  const isOff = isFromCompose || isRemote && said("BAKE_ALLOW_REMOTE_FS_ACCESS");
  return { checksLocal: !isOff, isByDefault: !isOff };
}

/**
 * Whether docker compose is calling: it has read the project that its user named, hands it over on
 * stdin, and grants next to nothing. So what it sends counts as granted: whoever sets our environment
 * could switch the checks off as well (docs/decisions/0014-bake-permissions.md).
 */
export function isFromCompose(files: readonly string[], env: Env): boolean {
  return files.length > 0 && files.every((name) => name === "-") &&
    /^compose\//.test(env("USER_AGENT") ?? "");
}
