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
import { makeFolder, removeLeftovers, writeStoreFile } from "./store_file.ts";
import { osReason } from "../../base/os_reason.ts";
import { BuilderError } from "../builder_error.ts";
import type { ConfigDir } from "./config_dir.ts";
import { isValidName } from "../name.ts";
import type { NodeGroup } from "./node_group.ts";
import { parseCurrent, parseNodeGroup } from "./node_group_json.ts";

/** A file that isn't what stands in its place; it is reported, and otherwise taken for absent. */
export interface BrokenFile {
  readonly path: string;
  /** What it doesn't hold: `builder`. */
  readonly lacks: string;
  readonly reason: string;
}

/** What `use` has chosen. */
export interface Current {
  /** The docker endpoint that the choice holds for (transports/engine/docker_context.ts). */
  readonly key: string;
  /** Empty for the default builder. */
  readonly name: string;
  /** Holds for every docker endpoint. */
  readonly global: boolean;
}

/** Reads the store; all of its methods are pure reads. */
export class Store {
  readonly #onBroken: (broken: BrokenFile) => void;
  readonly #told = new Set<string>();

  /**
   * @param dir undefined where there is no home folder: an empty store that can't be changed
   * @param onBroken told once of each broken file on the way to a choice; those that `list` returns are not
   *   among them
   */
  constructor(
    readonly dir: ConfigDir | undefined,
    onBroken: (broken: BrokenFile) => void = () => {},
  ) {
    this.#onBroken = onBroken;
  }

  /** Every builder by name, and every file that is none. */
  list(): { groups: NodeGroup[]; broken: BrokenFile[] } {
    const groups: NodeGroup[] = [];
    const broken: BrokenFile[] = [];
    let names: string[] = [];
    try {
      names = this.#entries("instances");
    } catch (error) {
      broken.push(brokenFile(this.path("instances"), "builders", error));
    }
    for (const name of names) {
      try {
        const group = this.#read(name);
        if (group !== undefined) groups.push(group);
      } catch (error) {
        broken.push(brokenFile(this.path("instances", name), "builder", error));
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
    return this.#orTell("choice of a builder", ["current"], parseCurrent);
  }

  /** The name that `use --default` remembered for a docker endpoint. */
  async defaultName(key: string): Promise<string | undefined> {
    // Most stores remember none, and the hash is half a millisecond.
    const known = this.#tolerant(
      "names of builders",
      ["defaults"],
      () => this.#entries("defaults"),
    );
    if (known === undefined || known.length === 0) return undefined;
    const parts = ["defaults", await hashOf(key)];
    return this.#orTell("name of a builder", parts, (text) => text || undefined);
  }

  /** When a builder was last used. */
  lastActivity(name: string): Date | undefined {
    const date = this.#orTell("time", ["activity", name], (text) => new Date(text));
    return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
  }

  /**
   * Notes that a builder is in use now: a stored one, or the engine of a docker context. What fails of
   * it is nobody's trouble.
   */
  noteUse({ name, origin }: { readonly name: string; readonly origin: string }): void {
    if (this.dir === undefined) return;
    const { path: tempDir, owner } = this.dir;
    try {
      if (origin !== "docker context" && this.find(name) === undefined) return;
      makeFolder(this.path("activity"), owner);
      removeLeftovers(tempDir);
      writeStoreFile(this.path("activity", name), timestamp(), { tempDir, owner, sync: false });
    } catch {
      // A store that can only be read is a store to build with.
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

  /** What a file says; undefined for one that isn't there, or is broken, which is told. */
  #orTell<T>(what: string, parts: string[], parse: (text: string) => T): T | undefined {
    return this.#tolerant(what, parts, () => {
      const text = this.#text(...parts);
      return text === undefined ? undefined : parse(text);
    });
  }

  #tolerant<T>(what: string, parts: string[], read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      const path = this.path(...parts);
      if (!this.#told.has(path)) this.#onBroken(brokenFile(path, what, error));
      this.#told.add(path);
      return undefined;
    }
  }

  #text(...parts: string[]): string | undefined {
    if (this.dir === undefined) return undefined;
    const path = this.path(...parts);
    try {
      // A named pipe would be waited for.
      if (!Deno.statSync(path).isFile) throw new Error("it is no file");
      return Deno.readTextFileSync(path);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }
}

/** Now, as `activity/` has it. */
export function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** The name under `defaults/` of a docker endpoint. */
export async function hashOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return new Uint8Array(digest).toHex().slice(0, 20);
}

/** True for what only says that a file isn't there. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

function brokenFile(path: string, lacks: string, error: unknown): BrokenFile {
  return { path, lacks, reason: reasonOf(error) };
}

/** Our own words as they are, the system's without what the path says already. */
function reasonOf(error: unknown): string {
  return error instanceof Error && !("code" in error) ? error.message : osReason(error);
}
