/**
 * Credentials of `BUILDX_BAKE_GIT_*`, for definitions in git repositories and contexts on the same
 * host.
 */
import { isGitOverSsh } from "../../builds/spec/remote.ts";
import type { ContextSource } from "../../builds/spec/source.ts";
import { parseSecrets, type SecretEntry } from "../../grammar/secret.ts";
import { type AgentEntry, parseAgents } from "../../grammar/ssh.ts";
import type { Env } from "../../transports/transport.ts";
import { hostOf } from "./git_url.ts";

/** The credentials for fetching from a repository's host. */
export interface GitAccess {
  readonly secrets: readonly SecretEntry[];
  readonly agents: readonly AgentEntry[];
}

const VARIABLES = [
  ["GIT_AUTH_TOKEN", "BUILDX_BAKE_GIT_AUTH_TOKEN"],
  ["GIT_AUTH_HEADER", "BUILDX_BAKE_GIT_AUTH_HEADER"],
] as const;

/** For reading the definition itself. */
export function definitionAccess(url: string, env: Env): GitAccess {
  const canForward = Boolean(env("BUILDX_BAKE_GIT_SSH") || env("SSH_AUTH_SOCK"));
  return { secrets: tokens(url, env), agents: canForward ? agentsFor(url, env) : [] };
}

/**
 * The access for a target's context. A context on the definition's host gets the definition's
 * agents, because the user has named the definition. Other targets of a definition over ssh get the
 * usual agent, as in buildx, but the user has to allow that.
 */
export function contextAccess(
  url: string | undefined,
  context: ContextSource,
  env: Env,
): GitAccess & { readonly granted: readonly AgentEntry[] } {
  if (url === undefined) return { secrets: [], agents: [], granted: [] };
  const isNear = context.kind === "remote" &&
    hostOf(context.url)?.toLowerCase() === hostOf(url)?.toLowerCase();
  if (isNear) {
    const agents = agentsFor(url, env);
    return { secrets: tokens(url, env), agents, granted: agents };
  }
  return { secrets: [], agents: isGitOverSsh(url) ? parseAgents(["default"]) : [], granted: [] };
}

/** The agents that are named for the definition; buildx requires one for a URL of ssh. */
function agentsFor(url: string, env: Env): AgentEntry[] {
  const named = env("BUILDX_BAKE_GIT_SSH");
  if (!isGitOverSsh(url)) return [];
  return parseAgents([named ? `default=${named}` : "default"]);
}

function tokens(url: string, env: Env): SecretEntry[] {
  const host = hostOf(url);
  if (host === undefined) return [];
  return parseSecrets(
    VARIABLES.flatMap(([id, variable]) =>
      env(variable) === undefined ? [] : `id=${id}.${host},env=${variable}`
    ),
  );
}
