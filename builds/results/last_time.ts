/** How long the last build of the same thing took, from the daemon's records. */
import { readRecord } from "../../builders/store/local_state.ts";
import type { Client } from "../../buildkit/client.ts";
import { listHistory } from "../../buildkit/history.ts";
import { milliseconds } from "../../base/go/time.ts";
import type { Store } from "../../builders/store/store.ts";
import { BuildHistoryEventType, type BuildHistoryRecord } from "../../proto/gen/control.ts";
import type { Job } from "../running/job.ts";

/** The number of newest records that are looked at. */
const LIMIT = 50;

/** A job with the place of its records on this side. */
export interface Comparable {
  readonly job: Pick<Job, "target" | "build" | "options" | "node">;
  readonly builder: string;
  readonly store: Pick<Store, "dir">;
}

/**
 * Milliseconds that the newest good build of the same context, Dockerfile, stage and platforms
 * took; undefined if the daemon knows none. Rejects if the daemon has no history.
 */
export async function lastTime(
  client: Client,
  comparable: Comparable,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { events } = await listHistory(client, { Limit: LIMIT }, { signal });
  const records = events.flatMap(({ type, record }) =>
    type === BuildHistoryEventType.COMPLETE && record !== undefined && record.error === undefined &&
      isAlike(record, comparable)
      ? [{ from: time(record.CreatedAt), to: time(record.CompletedAt) }]
      : []
  ).filter(({ from, to }) => to > from);
  const newest = records.sort((a, b) => b.from - a.from)[0];
  return newest && newest.to - newest.from;
}

function time(at: BuildHistoryRecord["CreatedAt"]): number {
  return at === undefined ? NaN : milliseconds(at);
}

function isAlike(record: BuildHistoryRecord, comparable: Comparable): boolean {
  const { options } = comparable.job;
  const theirs = record.FrontendAttrs;
  const same = (key: string, own: string | undefined) => (theirs[key] ?? "") === (own ?? "");
  return same("target", options.target) && same("filename", options.filename) &&
    same("platform", options.platforms.join(",")) && isSameContext(record, comparable);
}

/** The daemon doesn't know a folder's path: the note on this side does, or the repository in it. */
function isSameContext(
  { FrontendAttrs: theirs, Ref }: BuildHistoryRecord,
  { job, builder, store }: Comparable,
): boolean {
  const { state, attrs } = job.build.inputs;
  const noted = readRecord(store.dir, [builder, job.node.name, Ref]);
  if (noted !== undefined) {
    return noted["LocalPath"] === state.localPath && noted["Target"] === job.target &&
      (noted["DockerfilePath"] ?? "") === state.dockerfilePath;
  }
  const own = (key: string) => job.options.attrs?.[key] ?? attrs[key];
  if (own("context") !== undefined) return theirs["context"] === own("context");
  return own("vcs:source") !== undefined && theirs["vcs:source"] === own("vcs:source") &&
    theirs["vcs:localdir:context"] === own("vcs:localdir:context");
}
