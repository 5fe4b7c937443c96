import type { StatusResponse, Vertex } from "../proto/gen/control.ts";
import type { Reporter } from "./progress.ts";

/** Puts a target's name before all steps: `[app internal] load …`, `[app] exporting …`. */
export function withPrefix(progress: Reporter, target: string): Reporter {
  return {
    ...namedReporter(progress, target),
    update: (status, watched) =>
      progress.update(prefixed(status, target), watched && prefixed(watched, target)),
  };
}

/** Puts a node's name before all steps of a display. Watchers get the node apart from the names. */
export function withNode(progress: Reporter, node: string): Reporter {
  return {
    ...namedReporter(progress, node),
    update: (status, watched = status) => progress.update(prefixed(status, node), watched),
  };
}

function namedReporter(progress: Reporter, name: string): Omit<Reporter, "update"> {
  return {
    local: { start: (title) => progress.local.start(prefixedName(title, name)) },
    upload: progress.upload,
    download: progress.download,
    note: progress.note,
    ofJob: (node) => withPrefix(progress.ofJob(node), name),
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
