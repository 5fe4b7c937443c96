/**
 * The transfers that this side counts: files and bytes of each upload of a folder, and bytes of
 * each archive that comes here. The daemon doesn't report them; they are shown with the daemon's
 * own status of the transfer, `transferring NAME:` or `sending tarball`.
 */
import type { State, StatusState, VertexState } from "./state.ts";
import { formatBytes } from "../base/units.ts";

/** One transfer of a folder, or of an archive. */
export interface Upload {
  /** The ID of the daemon's status. */
  readonly status: string;
  /** Digests of the vertexes of the job that sends it; undefined where there is one job. */
  readonly steps: ReadonlySet<string> | undefined;
  files: number;
  bytes: number;
  /** Bytes of all files that the daemon wants, or of the image; undefined while unknown. */
  total: number | undefined;
  /** Bytes a second, of an archive: the daemon's status of it has no amounts. */
  readonly rate?: () => number | undefined;
}

const ARCHIVE = "sending tarball";

/** Rates are over the last so many ms. */
export const RATE_WINDOW = 3000;

/**
 * The largest number of transfers of one name that are matched to uploads; a job has one per
 * context.
 */
const MOST = 1000;

/** Whether a status is about a transfer that this side counts. */
export function isTransfer({ id }: StatusState): boolean {
  return id.startsWith("transferring ") || id === ARCHIVE;
}

/** Notes a status of a transfer that has begun. */
export function noteTransfer(state: State, vertex: VertexState, status: StatusState): void {
  const noted = state.transfers.get(status.id);
  if (noted) noted.push({ vertex, status });
  else state.transfers.set(status.id, [{ vertex, status }]);
}

/**
 * Takes note of an upload that begins now. `mount` is the folder's name: `context`, `dockerfile`.
 */
export function beginUpload(
  state: State,
  mount: string,
  steps?: ReadonlySet<string>,
): Upload {
  const status = `transferring ${mount}:`;
  const upload: Upload = { status, steps, files: 0, bytes: 0, total: undefined };
  state.uploads.push(upload);
  return upload;
}

/**
 * Takes note of an archive that begins to come here.
 * @returns to be called with the amount received so far, and the total where it is known
 */
export function beginDownload(
  state: State,
  steps: ReadonlySet<string> | undefined,
  now: () => number,
): (bytes: number, total: number | undefined) => void {
  let samples = [{ at: now(), bytes: 0 }];
  const download: Upload = {
    ...{ status: ARCHIVE, steps, files: 0, bytes: 0, total: undefined },
    rate() {
      const [oldest] = samples;
      const ms = now() - oldest!.at;
      return ms >= 500 ? (download.bytes - oldest!.bytes) / ms * 1000 : undefined;
    },
  };
  state.uploads.push(download);
  return (bytes, total) => {
    download.bytes = bytes;
    download.total = total;
    const at = now();
    if (at - samples.at(-1)!.at < 100) return;
    samples = samples.filter((_, i) => (samples[i + 1]?.at ?? at) > at - RATE_WINDOW);
    samples.push({ at, bytes });
  };
}

/**
 * The upload that belongs to a vertex's status: a job's third status of a name belongs to its third
 * upload of that name. undefined for other statuses, and if a job sends two folders of one name at
 * the same time: then the statuses can't be assigned.
 */
export function uploadOf(
  state: State,
  { digest }: VertexState,
  status: StatusState,
): Upload | undefined {
  if (!isTransfer(status)) return undefined;
  const uploads = state.uploads.filter(({ status: id, steps }) =>
    status.id === id && (steps === undefined || steps.has(digest))
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
