import type { Builder } from "../../builders/builder.ts";
import type { Share } from "../../builders/placement.ts";
import type { BuildOptions } from "../../buildkit/solve_request.ts";
import type { Deps } from "../../cli/deps.ts";
import type { Reporter } from "../../progress/progress.ts";
import type { IdleWatch } from "./idle.ts";
import type { Inspect } from "./inspect.ts";
import type { PreparedBuild } from "../prepare.ts";
import type { ProvenanceMode } from "../results/metadata.ts";
import type { Shared } from "./services.ts";

/** One target on one node, which is one solve. */
export interface Job extends Share {
  readonly target: string;
  readonly build: PreparedBuild;
  /** The build's ref, the same on all nodes of a target, as in buildx. */
  readonly ref: string;
  /** The build's options, with the job's platforms. */
  readonly options: BuildOptions;
}

/** The environment of a job. */
export interface JobContext {
  /** The signal also ends when another job of the run fails. */
  readonly deps: Deps;
  readonly builder: Builder;
  readonly progress: Reporter;
  readonly shared: Shared;
  readonly provenance: ProvenanceMode;
  /** Looks into each build before its result is exported. */
  readonly inspect?: Inspect;
  /** Ends a run without progress; present with `--idle-timeout`. */
  readonly idle?: IdleWatch;
  /** The run was started by bake. */
  readonly isBake: boolean;
  /**
   * Receives the bytes of each image by its digest; present only where a terminal shows the run.
   */
  readonly imageSizes?: Map<string, number>;
  /** Whether to compress the files that the daemon reads; true by default. */
  readonly compressUploads?: boolean;
  /** How often the run is repeated after a lost connection. */
  readonly retries?: number;
  /** Called when the run can't be repeated any more: for example, stdin was consumed. */
  markNotRepeatable(reason: string): void;
  /** Records that the builder is used, at the first call. Never rejects. */
  noteUse(): Promise<void>;
  /** Writes the build's record on this side, at the first call. */
  record(job: Job): void;
}
