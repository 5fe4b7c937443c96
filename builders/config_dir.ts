import type { Env } from "../transports/transport.ts";
import { isWithin } from "./path.ts";

/** A folder of configuration, and whom its files are to belong to. */
export interface ConfigDir {
  readonly path: string;
  /** Set under sudo: the user who called it, who shall be able to read what we write. */
  readonly owner?: Owner;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** `$DOCKER_CONFIG`, else `~/.docker`; undefined where there is no home folder. */
export function dockerConfigDir(env: Env): string | undefined {
  const set = env("DOCKER_CONFIG");
  if (set) return set;
  const home = homeDir(env);
  return home === undefined ? undefined : `${home}/.docker`;
}

/** Where buildx keeps its builders: `$BUILDX_CONFIG`, else `buildx` beside docker's config.json. */
export function buildxConfigDir(env: Env): ConfigDir | undefined {
  const docker = dockerConfigDir(env);
  const path = env("BUILDX_CONFIG") || (docker === undefined ? undefined : `${docker}/buildx`);
  if (path === undefined) return undefined;
  const owner = sudoCaller(env, path);
  return owner === undefined ? { path } : { path, owner };
}

/** `$HOME`, else the home that the user database names (as docker does it). */
export function homeDir(env: Env): string | undefined {
  const name = Deno.build.os === "windows" ? "USERPROFILE" : "HOME";
  const home = env(name);
  if (home) return home;
  const uid = Deno.uid();
  return uid === null ? undefined : passwdHome(uid);
}

function passwdHome(uid: number): string | undefined {
  try {
    for (const line of Deno.readTextFileSync("/etc/passwd").split("\n")) {
      const fields = line.split(":");
      if (fields[2] === String(uid)) return fields[5] || undefined;
    }
  } catch {
    // A system without that file has no other place to ask without libc.
  }
  return undefined;
}

/**
 * buildx's rule: under sudo, with HOME still the caller's home and the folder within it, what is
 * written belongs to the caller. Otherwise `sudo fairlead build` would lock them out of their store.
 */
function sudoCaller(env: Env, path: string): Owner | undefined {
  if (env("SUDO_COMMAND") === undefined) return undefined;
  const [uid, gid] = [env("SUDO_UID"), env("SUDO_GID")];
  if (!uid || !gid || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  const home = env("HOME");
  if (!home || passwdHome(Number(uid)) !== home || !isWithin(home, path)) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}
