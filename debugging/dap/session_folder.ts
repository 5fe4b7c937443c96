/**
 * The folder of a session's socket. Its process holds a lock in it; a folder without a locked file
 * is one that a killed adapter left, and the next session removes it.
 */

const PREFIX = "fairlead-dap-exec";
/** A folder's lock is there this long after the folder at the latest, in milliseconds. */
const NEW = 60_000;

/** Makes the folder, readable by its user alone. Disposing removes it. */
export function sessionFolder(): { readonly path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: PREFIX });
  const lock = Deno.openSync(`${path}/lock`, { createNew: true, write: true, mode: 0o600 });
  lock.lockSync(true);
  removeLeft(path);
  return {
    path,
    [Symbol.dispose]() {
      lock.close();
      try {
        Deno.removeSync(path, { recursive: true });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}

function removeLeft(own: string): void {
  const parent = own.slice(0, -own.replace(/^.*[/\\]/, "").length);
  const { uid } = Deno.statSync(own);
  for (const { name, isDirectory } of Deno.readDirSync(parent)) {
    const path = parent + name;
    if (!isDirectory || !name.startsWith(PREFIX) || path === own) continue;
    try {
      const stat = Deno.lstatSync(path);
      if (stat.uid === uid && isLeft(path, stat)) Deno.removeSync(path, { recursive: true });
    } catch {
      // It is another user's, or just removed by another session.
    }
  }
}

function isLeft(path: string, { mtime }: Deno.FileInfo): boolean {
  try {
    using lock = Deno.openSync(`${path}/lock`, { write: true });
    return lock.tryLockSync(true);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return mtime !== null && Date.now() - mtime.getTime() > NEW;
  }
}
