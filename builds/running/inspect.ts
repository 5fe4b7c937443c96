import type { Gateway } from "../../buildkit/gateway.ts";
import type { Result } from "../../proto/gen/gateway_types.ts";
import type { Job } from "./job.ts";

/** A build that the frontend has answered, and that the daemon holds open. */
export interface OpenBuild {
  readonly gateway: Gateway;
  /** The frontend's result, which need not be built yet. */
  readonly result: Result;
  readonly job: Pick<Job, "target" | "build" | "options">;
  /** Aborted when the run ends. */
  readonly signal: AbortSignal;
}

/**
 * Looks into a build before its result is exported. Resolves to the result that the daemon gets; an
 * empty one ends the build without further work. A rejection ends the build with that error.
 */
export type Inspect = (build: OpenBuild) => Promise<Result>;
