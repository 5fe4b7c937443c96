/**
 * Copies a file or a folder of a step to this machine. The daemon isn't trusted: everything is
 * written to a new place next to the destination, where no link can lead away, and then takes its
 * name.
 */
import { writeAll } from "../base/bytes.ts";
import { UsageError } from "../base/usage_error.ts";
import { isFolder, isLink, isRegular } from "../base/go/file_mode.ts";
import type { Files } from "../buildkit/files.ts";
import { eachPart } from "./file_parts.ts";
import type { Stat } from "../proto/gen/fsutil_types.ts";
import { statOf } from "../base/stat.ts";
import { maybe } from "../base/maybe.ts";

/** How files are fetched. */
export interface CopyOptions {
  /** Files come in one part. */
  readonly whole: boolean;
  readonly signal: AbortSignal;
}

/**
 * Copies `path` to `dest`; into it, if that is a folder. A file replaces a file; nothing else is
 * replaced. Throws `UsageError` for a destination that can't be; nothing stays of a failed copy.
 */
export async function copyOut(
  files: Files,
  path: string,
  dest: string,
  options: CopyOptions,
): Promise<void> {
  const stat = await files.stat(path);
  const target = targetOf(path, dest);
  const old = statOf(target);
  if (old !== undefined && (isFolder(stat.mode) || !old.isFile)) {
    throw new UsageError(`${target} already exists`, "remove it, or name another destination");
  }
  const slash = target.lastIndexOf("/") + 1;
  const temporary = `${target.slice(0, slash)}.${target.slice(slash)}.${
    crypto.randomUUID().slice(0, 8)
  }`;
  try {
    await copyEntry(files, stat, path, temporary, options);
    Deno.renameSync(temporary, target);
  } catch (error) {
    remove(temporary);
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(`the folder for ${target} does not exist`, "create it first");
  }
}

/** The path that the copy gets. */
function targetOf(path: string, dest: string): string {
  const name = path.split("/").findLast((part) => part !== "" && part !== "." && part !== "..");
  const clean = dest.replace(/(?<=.)\/+$/, "");
  if (statOf(dest)?.isDirectory !== true) {
    if (dest.endsWith("/")) {
      throw new UsageError(`${dest} does not exist`, "create the folder first");
    }
    return clean;
  }
  if (name === undefined) {
    throw new UsageError(`${dest} already exists`, "name a folder that does not exist yet");
  }
  return clean === "/" ? `/${name}` : `${clean}/${name}`;
}

async function copyEntry(
  files: Files,
  stat: Stat,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<void> {
  options.signal.throwIfAborted();
  const { mode, linkname, modTime } = stat;
  if (isLink(mode)) return Deno.symlinkSync(linkname, to);
  const seconds = Number(modTime) / 1e9;
  if (isFolder(mode)) {
    Deno.mkdirSync(to, { mode: 0o700 });
    for (const entry of await files.readDir(from)) {
      const { path: name } = entry;
      if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) {
        throw new Error(`the builder sent ${JSON.stringify(name)} as the name of a file`);
      }
      await copyEntry(files, entry, `${from.replace(/\/$/, "")}/${name}`, `${to}/${name}`, options);
    }
  } else if (isRegular(mode)) {
    using file = Deno.openSync(to, { write: true, createNew: true, mode: 0o600 });
    await eachPart(files, from, options.whole, (bytes) => writeAll(file, bytes));
  } else {
    return; // Devices, pipes and sockets mean nothing here.
  }
  if (Deno.build.os !== "windows") Deno.chmodSync(to, mode & 0o777);
  Deno.utimeSync(to, seconds, seconds);
}

/** Removes what a failed copy left, also read-only folders. */
function remove(path: string): void {
  try {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) Deno.chmodSync(`${path}/${name}`, 0o700);
      if (isDirectory) remove(`${path}/${name}`);
    }
  } catch {
    // It is no folder, or isn't there.
  }
  // The copy's own error counts.
  maybe(() => Deno.removeSync(path, { recursive: true }));
}
