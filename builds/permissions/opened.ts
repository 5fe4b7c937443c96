import { openedPath } from "../../base/opened_path.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { BuildInputs } from "../inputs/build_inputs.ts";
import type { Layouts } from "../inputs/layouts.ts";
import type { EngineOutput } from "../outputs/engine.ts";
import type { Scratch } from "../scratch.ts";
import type { OutputTarget } from "../spec/output.ts";
import type { Permitted } from "./permitted.ts";

/** The parts of a prepared build that open paths of this machine. */
export interface OpenedParts {
  readonly inputs: Pick<BuildInputs, "mounts" | "stores">;
  readonly layouts: Pick<Layouts, "stores" | "writable">;
  readonly outputs: readonly Pick<EngineOutput, "target">[];
}

/** Absolute paths that a prepared build reads and writes, but for those of its own scratch folder. */
export function openedPaths(
  { inputs, layouts, outputs }: OpenedParts,
  { scratch, cwd }: { readonly scratch: Scratch; readonly cwd: string },
): { readonly read: string[]; readonly write: string[] } {
  const mounts = [...inputs.mounts.values()].filter((path) => !scratch.owns(path));
  const stores = [...layouts.stores];
  const read = stores.filter(([id]) => !layouts.writable.has(id)).map(([, path]) => path);
  const write = stores.filter(([id]) => layouts.writable.has(id)).map(([, path]) => path);
  return {
    read: [...mounts, ...inputs.stores.values(), ...read],
    write: [
      ...write,
      ...outputs.flatMap(({ target }) => {
        const path = writtenPath(target);
        return path === undefined ? [] : openedPath(path, cwd);
      }),
    ],
  };
}

/** The path that an output writes to, or the socket that it is sent into. */
function writtenPath(target: OutputTarget): string | undefined {
  switch (target.to) {
    case "file":
    case "directory":
    case "layout":
      return target.path;
    case "engine":
    case "containerd":
      return target.socket?.replace(/^unix:\/\//, "");
    default:
      return undefined;
  }
}

/**
 * Refuses a prepared build that would open other paths than the permitted ones. The needs of a
 * definition were compared with the grants before; this check sees the result, whatever text led to it.
 * Throws `UsageError`.
 */
export function refuseOthers(
  parts: OpenedParts,
  { mayRead, mayWrite }: Permitted,
  context: { readonly scratch: Scratch; readonly cwd: string },
): void {
  const { read, write } = openedPaths(parts, context);
  const path = read.find((path) => !mayRead(path)) ?? write.find((path) => !mayWrite(path));
  if (path === undefined) return;
  const kind = read.includes(path) ? "read" : "write";
  throw new UsageError(
    `the definition may not ${kind} ${path}`,
    `pass --allow=fs.${kind}=${path} if it is meant to`,
  );
}
