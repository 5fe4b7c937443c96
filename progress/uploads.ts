/**
 * The count of files and their bytes in each upload of a folder. The daemon doesn't report them; they are
 * shown with the daemon's own status of the transfer, `transferring NAME:`.
 */
import type { State, StatusState, VertexState } from "./state.ts";
import { formatBytes } from "../base/units.ts";

/** One transfer of a folder. */
export interface Upload {
  /** The folder's name among the build's: `context`, `dockerfile`. */
  readonly mount: string;
  /** Digests of the vertexes of the job that sends it; undefined where there is one job. */
  readonly steps: ReadonlySet<string> | undefined;
  files: number;
  bytes: number;
  /** Bytes of all files that the daemon wants; undefined while unknown. */
  total: number | undefined;
}

/** The largest number of transfers of one name that are matched to uploads; a job has one per context. */
const MOST = 1000;

/** Whether a status is about a folder that this side uploads. */
export function isTransfer({ id }: StatusState): boolean {
  return id.startsWith("transferring ");
}

/** Notes a status of a transfer that has begun. */
export function noteTransfer(state: State, vertex: VertexState, status: StatusState): void {
  const noted = state.transfers.get(status.id);
  if (noted) noted.push({ vertex, status });
  else state.transfers.set(status.id, [{ vertex, status }]);
}

/** Takes note of a transfer that begins now. */
export function beginUpload(
  state: State,
  mount: string,
  steps?: ReadonlySet<string>,
): Upload {
  const upload: Upload = { mount, steps, files: 0, bytes: 0, total: undefined };
  state.uploads.push(upload);
  return upload;
}

/**
 * The upload that belongs to a vertex's status: a job's third status of a name belongs to its third upload
 * of that name. undefined for other statuses, and if a job sends two folders of one name at the same time:
 * then the statuses can't be assigned.
 */
export function uploadOf(
  state: State,
  { digest }: VertexState,
  status: StatusState,
): Upload | undefined {
  if (!isTransfer(status)) return undefined;
  const uploads = state.uploads.filter(({ mount, steps }) =>
    status.id === `transferring ${mount}:` && (steps === undefined || steps.has(digest))
  );
  const steps = uploads[0]?.steps;
  // The daemon reports an upload that several jobs share in each of them.
  if (uploads.length === 0 || uploads.some((upload) => upload.steps !== steps)) return undefined;
  const all = state.transfers.get(status.id) ?? [];
  if (all.length > MOST) return undefined;
  const statuses = all
    .filter(({ vertex }) => steps === undefined || steps.has(vertex.digest))
    .map(({ status }) => status)
    .sort((a, b) => (a.started ?? 0) - (b.started ?? 0));
  const overlap = statuses.some(({ started = 0 }, at) =>
    at > 0 && started < (statuses[at - 1]!.completed ?? Infinity)
  );
  return overlap ? undefined : uploads[statuses.indexOf(status)];
}

/** `1 file`, `20,000 files`. */
export function filesText({ files }: Upload): string {
  const digits = String(files).replace(/\B(?=(?:\d{3})+$)/g, ",");
  return `${digits} file${files === 1 ? "" : "s"}`;
}

/**
 * `20,000 files, 41.00MB, 12.30MB/s`
 * @param ms how long it took
 */
export function sentText(upload: Upload, ms: number): string {
  const rate = Math.round(upload.bytes / ms * 1000);
  return `${filesText(upload)}, ${formatBytes(upload.bytes)}, ${formatBytes(rate)}/s`;
}
