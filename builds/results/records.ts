import type { Builder } from "../../builders/builder.ts";
import { firstNode } from "../../builders/choose_node.ts";
import {
  type BuildState,
  saveBuildGroup,
  saveBuildState,
} from "../../builders/store/local_state.ts";
import type { Store } from "../../builders/store/store.ts";
import { newId } from "../../base/identity.ts";
import type { Job } from "../running/job.ts";

/** Where records are written. */
export interface RecordContext {
  readonly store: Store;
  readonly builder: Builder;
  /** The targets that bake was asked for. With them, one more record joins those of the builds. */
  readonly group?: readonly string[] | undefined;
}

/**
 * Records a run's builds, each at the first call for it: a file for each target and node. A
 * question is no build. The daemon of `BUILDKIT_HOST` is not in the store, so its builds have no
 * records.
 */
export function buildRecords(
  { store, builder, group }: RecordContext,
  jobs: readonly Job[],
): (job: Job) => void {
  const recorded = new Set<string>();
  const groupRef = group && newId();
  const saveGroup = () => {
    if (groupRef === undefined) return;
    const refs = new Set(jobs.filter(({ build }) => !build.call).map(({ ref }) => ref));
    saveBuildGroup(store.dir, groupRef, { targets: group!, refs: [...refs] });
  };
  return (job) => {
    const path = [builder.name, job.node.name, job.ref] as const;
    if (builder.origin === "BUILDKIT_HOST" || job.build.call || recorded.has(path.join())) return;
    if (recorded.size === 0) saveGroup();
    recorded.add(path.join());
    saveBuildState(store.dir, path, {
      target: job.target,
      ...job.build.inputs.state,
      ...groupRef !== undefined && { groupRef },
    });
  };
}

/**
 * Records a build that failed before it had a job, because its Dockerfile is missing, as buildx
 * does.
 */
export function recordUnbuilt(
  { store, builder, group }: RecordContext,
  target: string,
  state: Pick<BuildState, "localPath" | "dockerfilePath">,
): void {
  if (builder.origin === "BUILDKIT_HOST") return;
  const ref = newId();
  const groupRef = group && newId();
  if (groupRef) saveBuildGroup(store.dir, groupRef, { targets: group, refs: [ref] });
  saveBuildState(store.dir, [builder.name, firstNode(builder).name, ref], {
    target,
    ...state,
    ...groupRef !== undefined && { groupRef },
  });
}
