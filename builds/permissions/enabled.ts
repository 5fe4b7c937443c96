import type { Env } from "../../transports/transport.ts";
import { quote } from "../../base/go/quote.ts";
import { isTrue } from "../../base/env_bool.ts";

/**
 * Whether a definition's use of files and agents is checked, and whether that is so only by
 * default.
 */
export function localChecks(
  env: Env,
  { isRemote, isFromCompose }: { readonly isRemote: boolean; readonly isFromCompose: boolean },
): { readonly checksLocal: boolean; readonly isByDefault: boolean } {
  const what = (name: string) => `failed to parse ${name} value ${quote(env(name) ?? "")}`;
  const isSet = (name: string) => isTrue(name, env, what(name));
  if (env("BUILDX_BAKE_ENTITLEMENTS_FS")) {
    return { checksLocal: isSet("BUILDX_BAKE_ENTITLEMENTS_FS"), isByDefault: false };
  }
  const isOff = isFromCompose || isRemote && isSet("BAKE_ALLOW_REMOTE_FS_ACCESS");
  return { checksLocal: !isOff, isByDefault: !isOff };
}

/**
 * Whether docker compose is calling. Compose has read the project that its user named, sends it on
 * stdin, and grants next to nothing, so its needs count as granted. This is no hole: a program that
 * sets our environment could also turn the checks off (docs/decisions/0014-bake-permissions.md).
 */
export function isFromCompose(files: readonly string[], env: Env): boolean {
  return files.length > 0 && files.every((name) => name === "-") &&
    /^compose\//.test(env("USER_AGENT") ?? "");
}
