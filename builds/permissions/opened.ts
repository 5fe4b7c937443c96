import { openedPath } from "../../base/opened_path.ts";
import { UsageError } from "../../base/usage_error.ts";
import { mapHandlers, type Service } from "../../buildkit/grpc/call.ts";
import type { Env } from "../../transports/transport.ts";
import type { BuildInputs } from "../inputs/build_inputs.ts";
import type { Layouts } from "../inputs/layouts.ts";
import type { EngineOutput } from "../outputs/engine.ts";
import type { Scratch } from "../scratch.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import { type OutputTarget, socketPath } from "../spec/output.ts";
import { credentialPaths } from "./needs.ts";
import type { Permitted } from "./permitted.ts";

/** The paths of this machine that a build opens, absolute. */
export interface OpenedPaths {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Collects the paths of a prepared build, without those of its own scratch folder. */
export function openedPaths(
  { spec, inputs, layouts, outputs }: {
    readonly spec: BuildSpec;
    readonly inputs: Pick<BuildInputs, "mounts" | "stores">;
    readonly layouts: Pick<Layouts, "stores" | "writable">;
    readonly outputs: readonly Pick<EngineOutput, "target">[];
  },
  { scratch, env, cwd }: {
    readonly scratch: Scratch;
    readonly env: Env;
    readonly cwd: string;
  },
): OpenedPaths {
  const read = new Set([...inputs.mounts.values(), ...inputs.stores.values()]);
  const write = new Set<string>();
  for (const [id, path] of layouts.stores) (layouts.writable.has(id) ? write : read).add(path);
  for (const path of credentialPaths(spec, env)) read.add(openedPath(path, cwd));
  for (const { target } of outputs) {
    const path = writtenPath(target);
    if (path !== undefined) write.add(openedPath(path, cwd));
  }
  return { read: [...read].filter((path) => !scratch.owns(path)), write: [...write] };
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
      return socketPath(target.socket);
    default:
      return undefined;
  }
}

/**
 * Refuses paths other than the permitted ones. The needs of a definition were compared with the
 * grants before; this check sees the resulting paths, independent of the definition's texts. Throws
 * `UsageError`.
 */
export function refuseOthers(
  { read, write }: OpenedPaths,
  { mayRead, mayWrite }: Permitted,
): void {
  for (const path of read) if (!mayRead(path)) throw refusal("read", path);
  for (const path of write) if (!mayWrite(path)) throw refusal("write", path);
}

function refusal(kind: "read" | "write", path: string): UsageError {
  return new UsageError(
    `the definition may not ${kind} ${path}`,
    `pass --allow=fs.${kind}=${path} if that is intended`,
  );
}

/**
 * Services that check the paths again before each call. Another target of the same run may have
 * replaced a folder by a link since the first check, with an output below the working folder.
 */
export function guarded(
  services: readonly Service[],
  paths: OpenedPaths,
  permitted: Permitted | undefined,
): Service[] {
  if (permitted === undefined) return [...services];
  return services.map((service) =>
    mapHandlers(service, (handler) => async (call) => {
      refuseOthers(paths, permitted);
      await handler(call);
    })
  );
}
