/**
 * This side's part of the keys of `token_authority.ts`: 16 random bytes for each registry. They are
 * kept next to docker's configuration, in `.token_seed` (`{"host":{"Seed":"base64"}}`, 0600). So a
 * later build, also by docker, may use the tokens that the daemon holds for this user.
 *
 * When the folder can't be written, the seeds live as long as this process. Then the next build's
 * daemon fetches new tokens; nothing else is lost.
 */
import { maybe } from "../../../base/maybe.ts";
import { fieldsOf } from "../../../base/json.ts";
import { writeAtomically } from "../../../base/atomic_file.ts";

/** Returns the seed of a host. Never rejects, even if there is no folder to keep the seed in. */
export type TokenSeeds = (host: string) => Promise<Uint8Array>;

const SIZE = 16;
/** How long another process may hold the lock before we do without, in milliseconds. */
const PATIENCE = 2000;

/** @param directory docker's configuration folder; undefined where there is none */
export function tokenSeeds(directory: string | undefined): TokenSeeds {
  const known = new Map<string, Promise<Uint8Array>>();
  // One at a time, because each rewrites the whole file.
  let last: Promise<unknown> = Promise.resolve();
  return (host) => {
    const before = known.get(host);
    if (before) return before;
    const seed = last.then(() => seedOf(directory, host));
    last = seed;
    known.set(host, seed);
    return seed;
  };
}

async function seedOf(directory: string | undefined, host: string): Promise<Uint8Array> {
  const fresh = crypto.getRandomValues(new Uint8Array(SIZE));
  if (directory === undefined) return fresh;
  const lock = await takeLock(directory);
  try {
    const path = `${directory}/.token_seed`;
    const seeds = await readSeeds(path);
    const kept = seedIn(seeds[host]);
    if (kept) return kept;
    writeSeeds(path, { ...seeds, [host]: { Seed: fresh.toBase64() } });
  } catch {
    // The seed is kept in this process only.
  } finally {
    lock?.close();
  }
  return fresh;
}

/** flock, as docker's: closing the file gives it up. */
async function takeLock(directory: string): Promise<Deno.FsFile | undefined> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    file = await Deno.open(`${directory}/.token_seed.lock`, {
      create: true,
      write: true,
      mode: 0o600,
    });
  } catch {
    return undefined;
  }
  for (let waited = 0; waited < PATIENCE; waited += 20) {
    if (await file.tryLock(true)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return file;
}

/** A broken file, as after a crash, counts as empty. */
async function readSeeds(path: string): Promise<Record<string, unknown>> {
  try {
    return { ...fieldsOf(JSON.parse(await Deno.readTextFile(path))) };
  } catch {
    return {};
  }
}

function seedIn(entry: unknown): Uint8Array | undefined {
  const text = (entry as { Seed?: unknown } | null | undefined)?.Seed;
  if (typeof text !== "string" || text === "") return undefined;
  return maybe(() => Uint8Array.fromBase64(text));
}

function writeSeeds(path: string, seeds: Record<string, unknown>): void {
  writeAtomically(path, JSON.stringify(seeds, null, 2), { mode: 0o600 });
}
