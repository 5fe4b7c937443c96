/** Credentials of `BUILDX_BAKE_GIT_*`, for definitions in git repositories and contexts beside them. */
import type { Env } from "../../transports/transport.ts";
import { isGitOverSsh, isRemote } from "../../builds/inputs/remote.ts";
import { hostOf } from "./git_url.ts";

/** What a build of a context from a repository's host gets, as values of `--secret` and `--ssh`. */
export interface GitAccess {
  readonly secrets: readonly string[];
  readonly ssh: readonly string[];
}

const VARIABLES = [
  ["GIT_AUTH_TOKEN", "BUILDX_BAKE_GIT_AUTH_TOKEN"],
  ["GIT_AUTH_HEADER", "BUILDX_BAKE_GIT_AUTH_HEADER"],
] as const;

/** For reading the definition itself. */
export function definitionAccess(url: string, env: Env): GitAccess {
  const canForward = Boolean(env("BUILDX_BAKE_GIT_SSH") || env("SSH_AUTH_SOCK"));
  return { secrets: tokens(url, env), ssh: canForward ? agents(url, env) : [] };
}

/** For a target whose context is on the definition's host; nothing for any other. */
export function contextAccess(url: string | undefined, context: string, env: Env): GitAccess {
  if (url === undefined) return { secrets: [], ssh: [] };
  const near = isRemote(context) && hostOf(context)?.toLowerCase() === hostOf(url)?.toLowerCase();
  const ssh = near ? agents(url, env) : isGitOverSsh(url) ? ["default"] : [];
  return { secrets: near ? tokens(url, env) : [], ssh };
}

/** What is named for the definition serves the contexts beside it; there the peer wants an agent. */
function agents(url: string, env: Env): string[] {
  const named = env("BUILDX_BAKE_GIT_SSH");
  if (!isGitOverSsh(url)) return [];
  return [named ? `default=${named}` : "default"];
}

function tokens(url: string, env: Env): string[] {
  const host = hostOf(url);
  if (host === undefined) return [];
  return VARIABLES.flatMap(([id, variable]) =>
    env(variable) === undefined ? [] : `id=${id}.${host},env=${variable}`
  );
}
