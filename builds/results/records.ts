import type { Builder } from "../../builders/builder.ts";
import { saveBuildGroup, saveBuildState } from "../../builders/store/local_state.ts";
import type { Store } from "../../builders/store/store.ts";
import { newId } from "../../base/identity.ts";
import type { Job } from "../running/job.ts";

/**
 * Records of a run's builds, each written at its first call: a file for each target and node; with
 * `group`, bake's words, also one that joins them. A query is no build.
 * A daemon of `BUILDKIT_HOST` has no place in the store, so nothing is written of it.
 */
export function buildRecords(
  { store, builder, group }: {
    readonly store: Store;
    readonly builder: Builder;
    readonly group?: readonly string[] | undefined;
  },
  jobs: readonly Job[],
): (job: Job) => void {
  const recorded = new Set<Job>();
  const groupRef = group && newId();
  const saveGroup = () => {
    if (groupRef === undefined) return;
    const refs = new Set(jobs.filter(({ build }) => !build.call).map(({ ref }) => ref));
    saveBuildGroup(store.dir, groupRef, { targets: group!, refs: [...refs] });
  };
  return (job) => {
    if (builder.origin === "BUILDKIT_HOST" || job.build.call || recorded.has(job)) return;
    if (recorded.size === 0) saveGroup();
    recorded.add(job);
    saveBuildState(store.dir, [builder.name, job.node.name, job.ref], {
      target: job.target,
      ...job.build.inputs.state,
      ...groupRef !== undefined && { groupRef },
    });
  };
}
