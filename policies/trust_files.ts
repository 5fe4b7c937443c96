/**
 * Where the files of Sigstore's trust root come from: the folder that buildx keeps them in, or a
 * repository at a URL or in a folder. They prove themselves by signatures, so any place will do.
 */
import { innermostText } from "../base/error_text.ts";
import { joinStream, readUpTo } from "../base/bytes.ts";
import { abortable } from "../base/async.ts";
import { writeAtomically } from "../base/atomic_file.ts";
import { osReason } from "../base/os_reason.ts";
import type { ConfigDir, Owner } from "../builders/store/config_dir.ts";

/** The public repository (https://docs.sigstore.dev/about/security/#the-root-of-trust). */
export const PUBLIC_REPOSITORY = "https://tuf-repo-cdn.sigstore.dev";

/** Resolves to undefined for a file that the place doesn't have. */
export type TrustFiles = (name: string, limit: number) => Promise<Uint8Array | undefined>;

/** The folder of a trust root, below buildx's folder of configuration. */
export interface TrustFolder {
  readonly path: string;
  readonly owner?: Owner | undefined;
  /** The root.json that a user has named instead of the public instance's. */
  readonly anchor?: Uint8Array;
  /** The URL or the folder of the repository. */
  readonly repository: string;
}

/** A place of trust files could not be read or written. */
export class TrustError extends Error {
  override readonly name = "TrustError";
  constructor(message: string, readonly hint?: string) {
    super(message);
  }
}

/** The file in a private instance's folder that names its repository. */
const REPOSITORY_FILE = "repository";
const ANCHOR_FILE = "anchor.root.json";

/** Finds the folder; a private instance's one has precedence. Throws `TrustError`. */
export async function trustFolder({ path, owner }: ConfigDir): Promise<TrustFolder> {
  const own = privateFolder(path);
  const anchor = await readAtMost(`${own}/${ANCHOR_FILE}`, LONGEST);
  if (anchor === undefined) {
    // buildx names the folder after the repository's URL.
    return {
      path: `${path}/policy/tuf/${PUBLIC_REPOSITORY.slice(8)}`,
      owner,
      repository: PUBLIC_REPOSITORY,
    };
  }
  const repository = await readAtMost(`${own}/${REPOSITORY_FILE}`, LONGEST);
  return {
    path: own,
    owner,
    anchor,
    repository: repository === undefined ? "" : new TextDecoder().decode(repository).trim(),
  };
}

/** The folder for a private instance; nothing is written yet. */
export function newPrivateFolder(
  { path, owner }: ConfigDir,
  anchor: Uint8Array,
  repository: string,
): TrustFolder {
  return { path: privateFolder(path), owner, anchor, repository };
}

/** Forgets a private instance. */
export async function removePrivateFolder({ path }: ConfigDir): Promise<void> {
  await Deno.remove(privateFolder(path), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw broken(error, privateFolder(path), "remove");
    }
  });
}

function privateFolder(config: string): string {
  return `${config}/policy/tuf/private`;
}

/** The largest file of a repository, in bytes. */
const LONGEST = 5_000_000;

/** The files that the last update has saved. */
export function savedFiles({ path }: TrustFolder): TrustFiles {
  return (name, limit) => readAtMost(`${path}/${savedName(name)}`, limit);
}

/** The name in the folder, as go-tuf has it, for a name in a repository. */
function savedName(name: string): string {
  if (name.startsWith("targets/")) return "targets/trusted_root.json";
  return name.endsWith(".root.json") ? `roots/${name}` : name.replace(/^\d+\./, "");
}

/** Saves the files of an update, `timestamp.json` last: its time is that of the update. */
export async function saveFiles(
  { path, owner, anchor, repository }: TrustFolder,
  files: ReadonlyMap<string, Uint8Array>,
  root: Uint8Array,
): Promise<void> {
  const options = { mode: 0o644, owner };
  const names = [...files.keys()].sort((a, b) => Number(a === TIMESTAMP) - Number(b === TIMESTAMP));
  try {
    await Deno.mkdir(`${path}/targets`, { recursive: true });
    await Deno.mkdir(`${path}/roots`, { recursive: true });
    if (anchor) {
      writeAtomically(`${path}/${REPOSITORY_FILE}`, `${repository}\n`, options);
      writeAtomically(`${path}/${ANCHOR_FILE}`, anchor, options);
    }
    writeAtomically(`${path}/root.json`, root, options);
    for (const name of names) {
      writeAtomically(`${path}/${savedName(name)}`, files.get(name)!, options);
    }
    if (owner) {
      for (const sub of ["/../..", "/..", "/../.lock", "", "/targets", "/roots"]) {
        await Deno.chown(path + sub, owner.uid, owner.gid);
      }
    }
  } catch (error) {
    throw broken(error, path, "write");
  }
}

const TIMESTAMP = "timestamp.json";

/** When the files were last updated, in milliseconds since 1970; undefined for never. */
export async function lastUpdate({ path }: TrustFolder): Promise<number | undefined> {
  const stat = await Deno.stat(`${path}/${TIMESTAMP}`).catch(() => undefined);
  return stat?.mtime?.getTime();
}

/** The files of a repository. A missing file is undefined; any other fault throws `TrustError`. */
export function repositoryFiles(repository: string, signal: AbortSignal): TrustFiles {
  if (!/^https?:\/\//.test(repository)) {
    return (name, limit) => readAtMost(`${repository.replace(/\/+$/, "")}/${name}`, limit);
  }
  return async (name, limit) => {
    const url = `${repository.replace(/\/+$/, "")}/${name}`;
    let answer: Response;
    try {
      answer = await fetch(url, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw new TrustError(`${url} can't be reached: ${innermostText(error)}`);
    }
    if (answer.status === 404) {
      await answer.body?.cancel();
      return undefined;
    }
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new TrustError(`${url} answered ${answer.status} ${answer.statusText}`.trim());
    }
    const bytes = await joinStream(answer.body ?? new Blob([]).stream(), limit);
    if (bytes === undefined) throw new TrustError(`${url} is larger than ${limit} bytes`);
    return bytes;
  };
}

/** Reads a regular file, and one byte more than `limit` where it is too long. */
async function readAtMost(path: string, limit: number): Promise<Uint8Array | undefined> {
  try {
    if (!(await Deno.stat(path)).isFile) throw new TrustError(`${path} is not a file`);
    using file = await Deno.open(path);
    return await readUpTo(file, limit + 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error instanceof TrustError ? error : broken(error, path, "read");
  }
}

function broken(error: unknown, path: string, verb: string): TrustError {
  return new TrustError(
    `cannot ${verb} ${path}: ${osReason(error)}`,
    "Sigstore's trust root is in buildx's configuration folder, which BUILDX_CONFIG sets",
  );
}

/** Runs `work` while no other process changes the folder. */
export async function locked<T>(
  { path }: TrustFolder,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const folder = path.replace(/\/[^/]*$/, "");
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(folder, { recursive: true });
    // buildx locks the same file.
    file = await Deno.open(`${folder}/.lock`, { create: true, write: true });
  } catch {
    // A folder that can't be written to can't change either.
    return await work();
  }
  using _ = file;
  await abortable(file.lock(true), signal);
  return await work();
}
