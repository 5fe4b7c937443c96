interface AtomicOptions {
  /** The permissions of the file, less the umask. */
  readonly mode: number;
  /** The file gets exactly `mode`, whatever the umask. */
  readonly exactMode?: boolean;
  /** The folder of the temporary file, on the same file system; absent, the folder of the file. */
  readonly tempDir?: string;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** The text is on the disk before the file gets its name, which may take milliseconds. */
  readonly sync?: boolean;
}

/**
 * Writes a file so that its readers see the old content or the new one, never a part. An error
 * leaves the old file and no temporary one. Throws what Deno throws.
 */
export function writeAtomically(
  path: string,
  content: string | Uint8Array,
  options: AtomicOptions,
): void {
  const temporary = writeTemporary(path, content, options);
  try {
    Deno.renameSync(temporary, path);
  } catch (error) {
    drop(temporary, error);
  }
}

/**
 * The same, without blocking the thread when the file gets its name: ext4 first writes out a file
 * that replaces another, which takes up to 20 ms. Rejects with what Deno throws.
 */
export async function replaceAtomically(
  path: string,
  content: string | Uint8Array,
  options: AtomicOptions,
): Promise<void> {
  const temporary = writeTemporary(path, content, options);
  await Deno.rename(temporary, path).catch((error) => drop(temporary, error));
}

/** Writes the content next to the file, or in `tempDir`. Gives the temporary file's path. */
function writeTemporary(
  path: string,
  content: string | Uint8Array,
  { mode, exactMode = false, tempDir, owner, sync = false }: AtomicOptions,
): string {
  const slash = path.search(/[^\\/]*$/);
  const folder = tempDir === undefined ? path.slice(0, slash) : `${tempDir}/`;
  const temporary = `${folder}.tmp-${path.slice(slash)}${crypto.randomUUID().slice(0, 8)}`;
  const file = Deno.openSync(temporary, { write: true, createNew: true, mode });
  try {
    try {
      let rest = typeof content === "string" ? new TextEncoder().encode(content) : content;
      while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
      if (sync) file.syncSync();
    } finally {
      file.close();
    }
    if (exactMode) Deno.chmodSync(temporary, mode);
    if (owner) Deno.chownSync(temporary, owner.uid, owner.gid);
    return temporary;
  } catch (error) {
    return drop(temporary, error);
  }
}

/** Removes a temporary file, and throws the error that made it useless. */
function drop(temporary: string, error: unknown): never {
  Deno.removeSync(temporary);
  throw error;
}
