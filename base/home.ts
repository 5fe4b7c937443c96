import type { Env } from "./env.ts";

/** `$DOCKER_CONFIG`, else `~/.docker`; undefined where there is no home folder. */
export function dockerConfigDir(env: Env): string | undefined {
  const set = env("DOCKER_CONFIG");
  if (set) return set;
  const home = homeDir(env);
  return home === undefined ? undefined : `${home}/.docker`;
}

/** `$HOME`, else the home that the user database names (as docker does it). */
export function homeDir(env: Env): string | undefined {
  const name = Deno.build.os === "windows" ? "USERPROFILE" : "HOME";
  const home = env(name);
  if (home) return home;
  const uid = Deno.uid();
  return uid === null ? undefined : passwdHome(uid);
}

/** The home folder that the user database names. */
export function passwdHome(uid: number): string | undefined {
  try {
    for (const line of Deno.readTextFileSync("/etc/passwd").split("\n")) {
      const fields = line.split(":");
      if (fields[2] === String(uid)) return fields[5] || undefined;
    }
  } catch {
    // Without that file, only libc could answer.
  }
  return undefined;
}
