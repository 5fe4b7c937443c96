import { pause } from "../../base/async.ts";
import { goJson } from "../../base/go/json.ts";
import { makeFolder, removeLeftovers, writeStoreFile } from "./store_file.ts";
import { BuilderError } from "../builder_error.ts";
import type { ConfigDir } from "./config_dir.ts";
import { validateName } from "../name.ts";
import type { NodeGroup } from "./node_group.ts";
import { formatNodeGroup } from "./node_group_json.ts";
import { type Current, hashOf, isAbsent, Store, timestamp } from "./store.ts";

/** The store with its lock held, so that it can be changed. */
export class Transaction extends Store {
  readonly #dir: ConfigDir;

  constructor(dir: ConfigDir) {
    super(dir);
    this.#dir = dir;
  }

  /** Adds or replaces a builder, and records its use. Throws `BuilderError` for a bad name. */
  save(group: NodeGroup): void {
    const name = validateName(group.name);
    this.touch(group.name);
    this.#write(formatNodeGroup(group), "instances", name);
  }

  /** Records that a builder is in use now. */
  touch(name: string): void {
    this.#write(timestamp(), "activity", name);
  }

  /**
   * Removes a builder and its records, under the stored name and under that name in lower case.
   * buildx writes records under the first and removes the second. `current` keeps the name, as in
   * buildx.
   */
  remove(name: string): void {
    const file = validateName(name);
    let stored = name;
    try {
      stored = this.find(name)?.name ?? name;
    } catch {
      // A broken file may be removed by name, though the builder's spelling is unknown.
    }
    for (const spelling of new Set([stored, name, file])) {
      removeTree(this.path("activity", spelling));
      removeTree(this.path("refs", spelling));
    }
    removeTree(this.path("instances", file));
  }

  /** Removes the records of a node's builds. */
  removeNodeRefs(name: string, node: string): void {
    removeTree(this.path("refs", name, node));
  }

  /** Chooses a builder; with `asDefault`, the choice returns with this docker endpoint. */
  async setCurrent(current: Current, asDefault: boolean): Promise<void> {
    const { key, name, global } = current;
    this.#write(goJson({ Key: key, Name: name, Global: global }), "current");
    const hash = await hashOf(key);
    if (asDefault) this.#write(name, "defaults", hash);
    else removeTree(this.path("defaults", hash));
  }

  #write(text: string, ...parts: string[]): void {
    const { path: tempDir, owner } = this.#dir;
    writeStoreFile(this.path(...parts), text, { tempDir, owner, sync: true });
  }
}

/**
 * Changes the store under its lock, and waits while another program holds the lock. Throws
 * `BuilderError` when the store can't be written, the signal's reason, or what `change` threw.
 */
export async function transaction<T>(
  dir: ConfigDir | undefined,
  signal: AbortSignal,
  change: (transaction: Transaction) => T | Promise<T>,
): Promise<T> {
  if (dir === undefined) {
    throw new BuilderError("no folder to keep builders in", {
      hint: "set HOME or BUILDX_CONFIG, or name the daemon by BUILDKIT_HOST alone",
    });
  }
  try {
    prepare(dir);
    using file = Deno.openSync(`${dir.path}/.lock`, { write: true, create: true, mode: 0o600 });
    await lock(file, signal);
    removeLeftovers(dir.path);
    return await change(new Transaction(dir));
  } catch (cause) {
    throw isFileError(cause) ? unwritable(dir, cause) : cause;
  }
}

function prepare({ path, owner }: ConfigDir) {
  for (const name of ["instances", "defaults", "activity"]) makeFolder(`${path}/${name}`, owner);
}

/** Waits in steps, so that an interrupt ends the wait: a blocked flock(2) can't be cancelled. */
async function lock(file: Deno.FsFile, signal: AbortSignal) {
  for (let wait = 2; !file.tryLockSync(true); wait = Math.min(wait * 2, 100)) {
    await pause(wait, signal);
  }
}

function removeTree(path: string) {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof BuilderError) &&
    ["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOENT", "ENOTDIR", "EISDIR", "ELOOP"]
      .includes(
        (error as { code?: string }).code ?? "",
      );
}

function unwritable(dir: ConfigDir, cause: Error) {
  return new BuilderError(
    `cannot write to ${dir.path}: ${cause.message.replace(/ \(os error \d+\)/, "")}`,
    {
      hint: (cause as { code?: string }).code === "ENOSPC"
        ? "make room on its disk, or set BUILDX_CONFIG to a folder on another one"
        : "make it writable, or set BUILDX_CONFIG to a folder that is",
      cause,
    },
  );
}
