import type { EngineOutput } from "./engine.ts";

/** Whether an output's bytes come over the session: into a file, a folder, stdout or an engine. */
export function comesHere({ target, loader }: EngineOutput): boolean {
  return loader !== undefined || ["file", "directory", "stdout"].includes(target.to);
}

/** Whether a program of this side must be asked before it gets an output. */
export function asksEngine({ target }: EngineOutput): boolean {
  return target.to === "engine" || target.to === "containerd";
}
