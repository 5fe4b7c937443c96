/** Files that many test files use, and that take long to make. */

/**
 * The path of a file or folder that `make` makes. In a run of many test files the first one that
 * asks makes it, and the others wait. Elsewhere it is made at `otherwise`.
 */
export async function oncePerRun(
  name: string,
  otherwise: string,
  make: (path: string) => Promise<unknown>,
): Promise<string> {
  const folder = Deno.env.get("FAIRLEAD_TEST_RUN");
  if (folder === undefined) {
    await make(otherwise);
    return otherwise;
  }
  const path = `${folder}/${name}`;
  using lock = await Deno.open(`${path}.lock`, { create: true, read: true, write: true });
  await lock.lock(true);
  if ((await lock.stat()).size === 0) {
    await make(path);
    await lock.write(new TextEncoder().encode("made\n"));
  }
  return path;
}
