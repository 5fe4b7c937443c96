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
import { BuilderError } from "../builder_error.ts";
import type { ConfigDir } from "./config_dir.ts";
import { isValidName } from "../name.ts";
import type { NodeGroup } from "./node_group.ts";
import { parseNodeGroup } from "./node_group_json.ts";

/** A file in `instances/` that holds no builder; it is reported and left alone. */
export interface BrokenFile {
  readonly path: string;
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
    // Most stores remember none, and the hash is half a millisecond.
    if (this.#entries("defaults").length === 0) return undefined;
    return this.#text("defaults", await hashOf(key)) || undefined;
  }

  /** When a builder was last used. */
  lastActivity(name: string): Date | undefined {
    const text = this.#text("activity", name);
    const date = new Date(text ?? "");
    return Number.isNaN(date.getTime()) ? undefined : date;
  }

  /**
   * Notes that a builder is in use now: a stored one, or the engine of a docker context. What fails of
   * it is nobody's trouble.
   */
  noteUse({ name, origin }: { readonly name: string; readonly origin: string }): void {
    if (this.dir === undefined) return;
    if (origin !== "docker context" && this.find(name) === undefined) return;
    const { path: tempDir, owner } = this.dir;
    try {
      makeFolder(this.path("activity"), owner);
      writeAtomically(this.path("activity", name), timestamp(), { tempDir, owner });
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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
