import type { Builder } from "../../builders/builder.ts";
import type { Share } from "../../builders/placement.ts";
import type { BuildOptions } from "../../buildkit/solve_request.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Reporter } from "../../progress/progress.ts";
import type { IdleWatch } from "./idle.ts";
import type { PreparedBuild } from "../prepare.ts";
import type { Shared } from "./services.ts";

/** One target on one node: one solve. */
export interface Job extends Share {
  readonly target: string;
  readonly build: PreparedBuild;
  /** The same on all nodes of a target, as buildx has it. */
  readonly ref: string;
  /** The build's own, fitted to the job. */
  readonly options: BuildOptions;
}

/** What a job runs with. */
export interface JobContext {
  /** Its signal ends when another job of the run has failed, too. */
  readonly deps: Deps;
  readonly builder: Builder;
  readonly progress: Reporter;
  readonly shared: Shared;
  readonly provenance: "min" | "max" | undefined;
  /** Ends the run when it makes no progress, where that is wanted. */
  readonly idle?: IdleWatch;
  /** How often the run is repeated after a lost connection. */
  readonly retries?: number;
  /** Something was used up that can't be had again, so that this run can't be repeated. */
  spend(reason: string): void;
  /** Writes down on this side that there is such a build; once, however often it is called. */
  record(job: Job): void;
}
