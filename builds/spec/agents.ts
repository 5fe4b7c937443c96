import type { AgentEntry } from "../../grammar/ssh.ts";
import type { BuildSpec } from "./build_spec.ts";
import { isGitOverSsh } from "./remote.ts";

/** The agents that a build opens: without any of its own, the usual one for a context over ssh. */
export function agentsOf({ context, agents }: BuildSpec): readonly AgentEntry[] {
  const needsAgent = context.kind === "remote" && isGitOverSsh(context.url);
  return agents.length === 0 && needsAgent ? [{ id: "default", paths: [] }] : agents;
}
