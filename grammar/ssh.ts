import { cut } from "../base/cut.ts";

/**
 * One `--ssh`, or entry of bake's `ssh`: an agent that steps with `--mount=type=ssh` and git
 * contexts may use.
 */
export interface AgentEntry {
  readonly id: string;
  /** One socket, or private keys. None, or one empty path, means the agent in `SSH_AUTH_SOCK`. */
  readonly paths: readonly string[];
}

/** Reads `ID[=PATH[,PATH…]]`. */
export function parseAgent(text: string): AgentEntry {
  const [id, paths] = cut(text, "=");
  return { id, paths: paths?.split(",") ?? [] };
}

/** Reads each value of a flag; empty ones are skipped, and an empty id is `default`. */
export function parseAgents(texts: readonly string[]): AgentEntry[] {
  return texts.filter((text) => text !== "").map(parseAgent)
    .map(({ id, paths }) => ({ id: id || "default", paths }));
}
