/**
 * What this side knows of a folder it sends and the daemon doesn't tell: how many files, and the
 * bytes of them alone. The daemon's own word for the transfer, `transferring NAME:`, is where it is
 * shown.
 */
import type { State, StatusState } from "./state.ts";
import { formatBytes } from "./units.ts";

/** One transfer of a folder. */
export interface Upload {
  /** The folder's name among the build's: `context`, `dockerfile`. */
  readonly mount: string;
  files: number;
  bytes: number;
}

/** Takes note of a transfer that begins now. */
export function beginUpload(state: State, mount: string): Upload {
  const upload: Upload = { mount, files: 0, bytes: 0 };
  state.uploads.push(upload);
  return upload;
}

/**
 * The transfer that a status tells of: the third of a name is told of by the third status of that
 * name. undefined for statuses of other things, and where two folders of one name were sent at once
 * (two targets'): then nobody can tell which is which.
 */
export function uploadOf(state: State, status: StatusState): Upload | undefined {
  if (!status.id.startsWith("transferring ")) return undefined;
  const uploads = state.uploads.filter(({ mount }) => status.id === `transferring ${mount}:`);
  if (uploads.length === 0) return undefined;
  const statuses = state.started.flatMap((vertex) => vertex.statuses)
    .filter(({ id }) => id === status.id)
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
