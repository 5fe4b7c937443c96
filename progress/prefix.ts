import type { StatusResponse, Vertex } from "../proto/gen/control.ts";
import type { Reporter } from "./progress.ts";

/** Puts a target's name before all steps: `[app internal] load …`, `[app] exporting …`. */
export function withPrefix(progress: Reporter, target: string): Reporter {
  return {
    update: (status) => progress.update(prefixed(status, target)),
    local: { start: (name) => progress.local.start(prefixedName(name, target)) },
    upload: progress.upload,
    note: progress.note,
    ofJob: () => withPrefix(progress.ofJob(), target),
  };
}

function prefixed(status: StatusResponse, target: string): StatusResponse {
  const vertexes = status.vertexes.map((vertex): Vertex => {
    const { name, progressGroup: group } = vertex;
    return {
      ...vertex,
      name: prefixedName(name, target),
      progressGroup: group && { ...group, name: prefixedName(group.name, target) },
    };
  });
  return { ...status, vertexes };
}

function prefixedName(name: string, target: string): string {
  return name.startsWith("[") ? `[${target} ${name.slice(1)}` : `[${target}] ${name}`;
}
