import type { Owner } from "./config_dir.ts";

/**
 * Writes a file so that readers see the old text or the new one, never a part.
 *
 * The temporary file stands in `tempDir`, on the same file system but outside `instances/`: buildx
 * takes every entry there for a builder, and fails on one that is none. Refuses a target that is no
 * regular file, as buildx does.
 *
 * @param options.sync false: nobody waits for the disk, a millisecond; after a power cut the file may
 *     be empty
 */
export function writeAtomically(
  path: string,
  text: string,
  options: { tempDir: string; owner?: Owner | undefined; sync: boolean },
): void {
  refuseIrregular(path);
  const base = path.slice(path.search(/[^\\/]*$/));
  const temp = `${options.tempDir}/.tmp-${base}${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  try {
    using file = Deno.openSync(temp, { write: true, createNew: true, mode: 0o600 });
    writeAll(file, new TextEncoder().encode(text));
    if (options.sync) file.syncSync();
    if (options.owner) Deno.chownSync(temp, options.owner.uid, options.owner.gid);
    Deno.renameSync(temp, path);
  } catch (error) {
    try {
      Deno.removeSync(temp);
    } catch {
      // It was never made, or is a file of ours in a place where nobody looks for builders.
    }
    throw error;
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
  if (!info.isFile) throw new Error(`${path} is no regular file, so it is not replaced`);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array) {
  while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
}
