/** Versions that a newer one has replaced. */

/** A folder with an unpacked version: the version and a hash. */
const FOLDER = /^v(\d+)\.(\d+)\.(\d+)(?:-[\w.]+)?-[0-9a-f]{12}$/;

/**
 * Removes older unpacked versions next to `own` that belong to this user and that no process runs.
 * If processes can't be listed, as on macOS, all stay.
 */
export async function removeOlder(own: string): Promise<void> {
  const cut = own.lastIndexOf("/");
  const [folder, name] = [own.slice(0, cut), own.slice(cut + 1)];
  const older = [...Deno.readDirSync(folder)].map((entry) => entry.name)
    .filter((other) => isOlder(other, name));
  if (older.length === 0) return;
  const running = await runningPrograms();
  for (const other of older) {
    const path = `${folder}/${other}`;
    const { uid, isDirectory } = await Deno.lstat(path);
    if (running === undefined || !isDirectory || uid !== Deno.uid()) continue;
    if (running.some((program) => program.startsWith(`${path}/`))) continue;
    await Deno.remove(path, { recursive: true }).catch(() => {});
  }
}

/** Whether a folder's version is less than another one's. A version of the same number is not. */
function isOlder(name: string, own: string): boolean {
  const [ours, theirs] = [FOLDER.exec(own), FOLDER.exec(name)];
  if (!ours || !theirs) return false;
  for (let at = 1; at <= 3; at++) {
    const difference = Number(theirs[at]) - Number(ours[at]);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Paths of the running programs; undefined if they can't be listed. */
async function runningPrograms(): Promise<string[] | undefined> {
  try {
    const ids = [...Deno.readDirSync("/proc")].map(({ name }) => name)
      .filter((name) => /^\d+$/.test(name));
    // Another user's process can't be read. It doesn't run from our folder, which only we use.
    const paths = await Promise.all(
      ids.map((id) => Deno.readLink(`/proc/${id}/exe`).catch(() => "")),
    );
    return paths.filter((path) => path !== "");
  } catch {
    return undefined;
  }
}
