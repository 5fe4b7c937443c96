import { replaceAtomically, writeAtomically } from "../../base/atomic_file.ts";
import type { Owner } from "./config_dir.ts";

/**
 * Writes a file of the store, 0600. Refuses a target that is no regular file, as buildx does.
 *
 * The temporary file is in `tempDir`, outside `instances/`: buildx reads every entry there as a
 * builder, and fails on other files.
 *
 * @param options.sync false: the text may be lost in a power cut, which saves a millisecond
 */
export function writeStoreFile(
  path: string,
  text: string,
  options: { tempDir: string; owner?: Owner | undefined; sync: boolean },
): void {
  refuseIrregular(path);
  writeAtomically(path, text, { mode: 0o600, ...options });
}

/** Writes a file of the store that may be lost in a power cut, and doesn't block the thread. */
export async function noteInFile(
  path: string,
  text: string,
  options: { tempDir: string; owner?: Owner | undefined },
): Promise<void> {
  refuseIrregular(path);
  await replaceAtomically(path, text, { mode: 0o600, ...options });
}

/**
 * No writer needs its temporary file for so many milliseconds: a write takes less than a second.
 */
const LEFT_BEHIND = 60 * 60 * 1000;

/**
 * Removes temporary files of writers that were killed, ours and buildx's, from the store's folder.
 */
export function removeLeftovers(tempDir: string): void {
  for (const { name, isFile } of Deno.readDirSync(tempDir)) {
    if (!isFile || !name.startsWith(".tmp-")) continue;
    const path = `${tempDir}/${name}`;
    try {
      const { isFile, mtime } = Deno.lstatSync(path);
      if (isFile && mtime !== null && Date.now() - mtime.getTime() > LEFT_BEHIND) {
        Deno.removeSync(path);
      }
    } catch {
      // Another program has removed the file, or this user may not.
    }
  }
}

/** Makes a folder and those above it, 0700 and owned as asked. Leaves what exists alone. */
export function makeFolder(path: string, owner?: Owner): void {
  if (exists(path)) return;
  const parent = path.replace(/[\\/]+[^\\/]*$/, "");
  if (parent !== "" && parent !== path) makeFolder(parent, owner);
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    throw error;
  }
  if (owner) Deno.chownSync(path, owner.uid, owner.gid);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function refuseIrregular(path: string) {
  let info;
  try {
    info = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (!info.isFile) throw new Error(`${path} is not a regular file, so it is not replaced`);
}
