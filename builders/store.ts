/**
 * The builders on disk, shared with buildx:
 *
 *     .lock              flock(2) target, empty, never deleted
 *     instances/<name>   a builder (node_group_json.ts); the name in lower case
 *     activity/<Name>    when it was last used, RFC 3339 in UTC; the name as typed
 *     current            {"Key","Name","Global"}: the builder chosen by `use`
 *     defaults/<hash>    the name chosen by `use --default` for a docker endpoint
 *     refs/<Name>/…      records of builds
 *
 * Reading takes no lock and writes nothing, not even folders: every file is replaced whole, and so a
 * home that can't be written doesn't matter. Changing holds the lock from the first read to the last
 * write, and never while a daemon is asked.
 */
import { makeFolder, writeAtomically } from "./atomic_file.ts";
import { BuilderError } from "./builder_error.ts";
import type { ConfigDir } from "./config_dir.ts";
import { isValidName, validateName } from "./name.ts";
import type { NodeGroup } from "./node_group.ts";
import { formatNodeGroup, goJson, parseNodeGroup } from "./node_group_json.ts";

/** A file in `instances/` that holds no builder; it is reported and left alone. */
export interface BrokenFile {
  readonly path: string;
  readonly reason: string;
}

/** What `use` has chosen. */
export interface Current {
  /** The docker endpoint that the choice holds for (docker_context.ts). */
  readonly key: string;
  /** Empty for the default builder. */
  readonly name: string;
  /** Holds for every docker endpoint. */
  readonly global: boolean;
}

/** Reads the store; all of its methods are pure reads. */
export class Store {
  /** @param dir undefined where there is no home folder: an empty store that can't be changed */
  constructor(readonly dir: ConfigDir | undefined) {}

  /** Every builder by name, and every file that is none. */
  list(): { groups: NodeGroup[]; broken: BrokenFile[] } {
    const groups: NodeGroup[] = [];
    const broken: BrokenFile[] = [];
    for (const name of this.#entries("instances")) {
      try {
        const group = this.#read(name);
        if (group !== undefined) groups.push(group);
      } catch (error) {
        broken.push({ path: this.path("instances", name), reason: reasonOf(error) });
      }
    }
    groups.sort((a, b) => a.name < b.name ? -1 : 1);
    return { groups, broken };
  }

  /** The builder of a name, in any case; undefined when there is none. Throws `BuilderError` for a broken one. */
  find(name: string): NodeGroup | undefined {
    if (!isValidName(name)) return undefined;
    const file = name.toLowerCase();
    try {
      return this.#read(file);
    } catch (cause) {
      const path = this.path("instances", file);
      throw new BuilderError(`cannot read builder ${JSON.stringify(name)}: ${reasonOf(cause)}`, {
        hint: `repair or delete ${path}`,
        cause,
      });
    }
  }

  /** What `use` has chosen, whatever endpoint it holds for; undefined for nothing, or nothing readable. */
  current(): Current | undefined {
    const text = this.#text("current");
    if (text === undefined) return undefined;
    try {
      const { Key, Name, Global } = JSON.parse(text);
      return { key: String(Key ?? ""), name: String(Name ?? ""), global: Global === true };
    } catch {
      return undefined;
    }
  }

  /** The name that `use --default` remembered for a docker endpoint. */
  async defaultName(key: string): Promise<string | undefined> {
    return this.#text("defaults", await hashOf(key)) || undefined;
  }

  /** When a builder was last used. */
  lastActivity(name: string): Date | undefined {
    const text = this.#text("activity", name);
    const date = new Date(text ?? "");
    return Number.isNaN(date.getTime()) ? undefined : date;
  }

  /**
   * Sixteen hex digits that stand for this machine and user in the names of shared folders, so that
   * the daemon finds the last copy of a build context again. Kept in `.buildNodeID`, as in buildx;
   * without a store that can be written, made of the host's and the user's name.
   */
  buildNodeId(): string {
    return this.#text(".buildNodeID") || this.#makeNodeId();
  }

  /** Notes that a builder is in use now; what fails of it is nobody's trouble. */
  noteUse(name: string): void {
    if (this.find(name) !== undefined) this.#tryWrite(timestamp(), "activity", name);
  }

  #makeNodeId(): string {
    const id = crypto.getRandomValues(new Uint8Array(8)).toHex();
    return this.#tryWrite(id, ".buildNodeID") ? id : standInId();
  }

  #tryWrite(text: string, ...parts: string[]): boolean {
    if (this.dir === undefined) return false;
    const { path: tempDir, owner } = this.dir;
    try {
      writeAtomically(this.path(...parts), text, { tempDir, owner });
      return true;
    } catch {
      return false;
    }
  }

  /** The path of a file of the store, or of the folder. */
  path(...parts: string[]): string {
    return [this.dir?.path ?? "", ...parts].join("/");
  }

  #read(file: string): NodeGroup | undefined {
    const text = this.#text("instances", file);
    if (text === undefined) return undefined;
    const group = parseNodeGroup(text);
    if (!isValidName(group.name)) throw new Error(`its Name ${group.name} is no name`);
    if (group.name.toLowerCase() !== file) throw new Error(`its Name is ${group.name}`);
    return group;
  }

  #entries(folder: string): string[] {
    if (this.dir === undefined) return [];
    try {
      return [...Deno.readDirSync(this.path(folder))].map((entry) => entry.name).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  #text(...parts: string[]): string | undefined {
    if (this.dir === undefined) return undefined;
    try {
      return Deno.readTextFileSync(this.path(...parts));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }
}

/** The store with its lock held: what it has can be changed. */
export class Transaction extends Store {
  readonly #dir: ConfigDir;

  constructor(dir: ConfigDir) {
    super(dir);
    this.#dir = dir;
  }

  /** Adds or replaces a builder, and counts as its use. Throws `BuilderError` for a bad name. */
  save(group: NodeGroup): void {
    const name = validateName(group.name);
    this.touch(group.name);
    this.#write(formatNodeGroup(group), "instances", name);
  }

  /** Notes that a builder is in use now. */
  touch(name: string): void {
    this.#write(timestamp(), "activity", name);
  }

  /**
   * Removes a builder and what is recorded of it, under its stored name and under that in lower case
   * (buildx writes by the one and removes by the other). `current` keeps its name, as in buildx.
   */
  remove(name: string): void {
    const file = validateName(name);
    let stored = name;
    try {
      stored = this.find(name)?.name ?? name;
    } catch {
      // A broken builder may be removed by name; only its spelling stays unknown.
    }
    for (const spelling of new Set([stored, name, file])) {
      removeTree(this.path("activity", spelling));
      removeTree(this.path("refs", spelling));
    }
    removeTree(this.path("instances", file));
  }

  /** Chooses a builder; with `asDefault`, also whenever this docker endpoint comes back. */
  async setCurrent(current: Current, asDefault: boolean): Promise<void> {
    const { key, name, global } = current;
    this.#write(goJson({ Key: key, Name: name, Global: global }), "current");
    const hash = await hashOf(key);
    if (asDefault) this.#write(name, "defaults", hash);
    else removeTree(this.path("defaults", hash));
  }

  #write(text: string, ...parts: string[]): void {
    const { path: tempDir, owner } = this.#dir;
    writeAtomically(this.path(...parts), text, { tempDir, owner });
  }
}

/**
 * Changes the store under its lock; another program that holds it is waited for. Throws
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
    return await change(new Transaction(dir));
  } catch (cause) {
    throw isFileError(cause) ? unwritable(dir, cause) : cause;
  }
}

function prepare({ path, owner }: ConfigDir) {
  for (const name of ["instances", "defaults", "activity"]) makeFolder(`${path}/${name}`, owner);
}

/** Waits in steps, so that an interrupt ends the wait: a blocked flock(2) can't be called back. */
async function lock(file: Deno.FsFile, signal: AbortSignal) {
  for (let wait = 2; !file.tryLockSync(true); wait = Math.min(wait * 2, 100)) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

/** FNV-1a over what stays the same from run to run. */
function standInId(): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(`${Deno.hostname()} ${Deno.uid()}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

async function hashOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return new Uint8Array(digest).toHex().slice(0, 20);
}

function removeTree(path: string) {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof BuilderError) &&
    ["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOENT", "ENOTDIR"].includes(
      (error as { code?: string }).code ?? "",
    );
}

function unwritable(dir: ConfigDir, cause: Error) {
  return new BuilderError(`cannot write to ${dir.path}: ${cause.message}`, {
    hint: "make it writable, or set BUILDX_CONFIG to a folder that is",
    cause,
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
