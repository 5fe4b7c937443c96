import { dockerConfigDir, passwdHome } from "../../base/home.ts";
import type { Env } from "../../transports/transport.ts";
import { isBelow } from "../../base/paths.ts";

export { dockerConfigDir, homeDir } from "../../base/home.ts";

/** A folder of configuration, and the owner of new files in it. */
export interface ConfigDir {
  readonly path: string;
  /** Set under sudo: the user who called sudo must be able to read new files. */
  readonly owner?: Owner;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Finds buildx's store of builders: `$BUILDX_CONFIG`, else `buildx` next to docker's config.json.
 */
export function buildxConfigDir(env: Env): ConfigDir | undefined {
  const docker = dockerConfigDir(env);
  const path = env("BUILDX_CONFIG") || (docker === undefined ? undefined : `${docker}/buildx`);
  if (path === undefined) return undefined;
  const owner = sudoCaller(env, path);
  return owner === undefined ? { path } : { path, owner };
}

/**
 * Finds the owner by buildx's rule. Under sudo, when HOME is still the caller's home and the folder
 * is in it, new files belong to the caller. Else `sudo fairlead build` would lock callers out of
 * their store.
 */
function sudoCaller(env: Env, path: string): Owner | undefined {
  if (env("SUDO_COMMAND") === undefined) return undefined;
  const [uid, gid] = [env("SUDO_UID"), env("SUDO_GID")];
  if (!uid || !gid || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  const home = env("HOME");
  if (!home || passwdHome(Number(uid)) !== home || !isBelow(path, home)) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}
