import { buildxConfigDir, dockerConfigDir } from "../../builders/store/config_dir.ts";
import type { CredentialSource } from "../../buildkit/session/logins/credentials.ts";
import { dockerCredentials } from "../../buildkit/session/logins/docker_config.ts";
import { scopedCredentials } from "../../buildkit/session/logins/scoped_credentials.ts";
import type { Deps } from "../deps.ts";

/**
 * The user's logins for registries. buildx's logins for a part of a registry come before docker's.
 * No file is read before the first lookup.
 */
export function logins(
  { env, signal }: Pick<Deps, "env" | "signal">,
  warn: (line: string) => void,
): CredentialSource {
  const open = (directory: string | undefined) =>
    dockerCredentials({ directory, env, signal, warn });
  const scoped = `${buildxConfigDir(env)?.path ?? ""}/config`;
  return scopedCredentials(scoped, open(dockerConfigDir(env)), open);
}

/** The registries on other machines to which the user permits a login without TLS. */
export function clearLogins({ env }: Pick<Deps, "env">): string[] {
  return (env("FAIRLEAD_CLEAR_LOGINS") ?? "").split(",").map((host) => host.trim()).filter(Boolean);
}
