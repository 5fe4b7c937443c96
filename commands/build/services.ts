import type { Service } from "../../buildkit/grpc/call.ts";
import { fileSync } from "../../buildkit/session/filesync.ts";
import { health } from "../../buildkit/session/health.ts";
import { secrets } from "../../buildkit/session/secrets.ts";
import type { Deps } from "../deps.ts";
import type { Progress } from "../progress/progress.ts";
import type { PreparedBuild } from "./prepare.ts";

/** What the daemon may call back during one build, and what is to be done at its end. */
export interface BuildServices {
  readonly list: readonly Service[];
  /** The build went well: outputs take their final names. */
  finish(): Promise<void>;
  /** It did not: nothing of the outputs stays. */
  discard(): Promise<void>;
}

export function buildServices(
  build: PreparedBuild,
  { progress }: { deps: Deps; progress: Progress },
): BuildServices {
  const list: Service[] = [
    health,
    secrets(build.secrets),
    fileSync(build.context.mounts, (mount) => ({
      onWarning: ({ path, reason }) => progress.note(`WARNING: ${mount}: ${path}: ${reason}`),
    })),
  ];
  return { list, finish: () => Promise.resolve(), discard: () => Promise.resolve() };
}
