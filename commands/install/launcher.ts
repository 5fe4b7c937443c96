/**
 * Reduces a self-extracting file (scripts/compile/layout.ts) to its head, which runs what the file
 * has unpacked.
 */
import { writeAtomically } from "../../base/atomic_file.ts";
import { osReason } from "../../base/os_reason.ts";
import { UsageError } from "../../base/usage_error.ts";

/** The size of the head in bytes. */
const HEAD = 65_536;

/** The sizes of the file in bytes; they are equal for a file that was a launcher before. */
export interface Reduced {
  readonly before: number;
  readonly after: number;
}

/**
 * Replaces the file at a path. Throws `UsageError` if the file is not the one whose unpacked files
 * run.
 * @param unpacked the folder with the running Deno; its name is in the head
 */
export function reduceToLauncher(program: string, unpacked: string): Reduced {
  let path: string;
  let info: Deno.FileInfo;
  let head: Uint8Array;
  try {
    path = Deno.realPathSync(program);
    info = Deno.statSync(path);
    head = beginningOf(path);
  } catch (error) {
    throw new UsageError(`cannot read ${program}: ${osReason(error)}`, "check its permissions");
  }
  const text = new TextDecoder().decode(head);
  if (!text.startsWith("#!/bin/sh\n{ # fairlead ") || head.length < HEAD) {
    throw new UsageError(
      `${program} is not a self-extracting file, so it has no launcher`,
      "the released files for Linux and macOS are self-extracting",
    );
  }
  if (!text.includes(`\nname=${unpacked.slice(unpacked.lastIndexOf("/") + 1)}\n`)) {
    throw new UsageError(
      `${program} is not the file that is running: it was replaced after the start`,
      "run the command again",
    );
  }
  if (info.size > HEAD) {
    try {
      const mode = (info.mode ?? 0o755) & 0o777;
      writeAtomically(path, head, { mode, exactMode: true, sync: true });
    } catch (error) {
      const hint = error instanceof Deno.errors.PermissionDenied
        ? "run the command as the user who owns the file and its folder"
        : `make room on its disk: the launcher takes ${HEAD / 1024} KiB`;
      throw new UsageError(`cannot replace ${path}: ${osReason(error)}`, hint);
    }
  }
  return { before: info.size, after: HEAD };
}

function beginningOf(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(HEAD);
  let size = 0;
  for (let got; size < HEAD && (got = file.readSync(bytes.subarray(size))) !== null;) size += got;
  return bytes.subarray(0, size);
}
