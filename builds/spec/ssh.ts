/**
 * `--ssh ID[=SOCKET|KEY[,KEY…]]`: an agent that RUN steps with `--mount=type=ssh` and git contexts may
 * use. Nothing after the ID means the agent in `SSH_AUTH_SOCK`.
 */
import type { AgentSpec } from "../../buildkit/session/ssh_agents.ts";

/** Reads every value of the flag; empty ones are skipped, and an empty ID is `default`. */
export function parseSsh(texts: readonly string[]): AgentSpec[] {
  return texts.filter((text) => text !== "").map((text) => {
    const equals = text.indexOf("=");
    const id = equals < 0 ? text : text.slice(0, equals);
    return { id: id || "default", paths: equals < 0 ? [] : text.slice(equals + 1).split(",") };
  });
}
