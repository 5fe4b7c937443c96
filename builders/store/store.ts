/**
 * The builders on disk, shared with buildx:
 *
 *     .lock              flock(2) target, empty, never deleted
 *     instances/<name>   a builder (node_group_json.ts); the name in lower case
 *     activity/<Name>    the time of the last use, RFC 3339 in UTC; the name as typed
 *     current            {"Key","Name","Global"}: the builder chosen by `use`
 *     defaults/<hash>    the name chosen by `use --default` for a docker endpoint
 *     refs/<Name>/…      records of builds
 *
 * Reading takes no lock, because every file is replaced as a whole. It writes nothing, not even
 * folders, so a home that can't be written is no problem. A change holds the lock from its first
 * read to its last write, and never while a daemon is asked.
 */
import { makeFolder, noteInFile, removeLeftovers } from "./store_file.ts";
import { osReason } from "../../base/os_reason.ts";
import { BuilderError } from "../builder_error.ts";
import type { ConfigDir } from "./config_dir.ts";
import { isValidName } from "../name.ts";
import type { NodeGroup } from "./node_group.ts";
import { parseCurrent, parseNodeGroup } from "./node_group_json.ts";

/** A file with unexpected content; it is reported, and otherwise treated as absent. */
export interface BrokenFile {
  readonly path: string;
  /** The expected content: `builder`. */
  readonly lacks: string;
  readonly reason: string;
}

/** The choice of `use`. */
export interface Current {
  /** The docker endpoint for which the choice was made (transports/engine/docker_context.ts). */
  readonly key: string;
  /** Empty for the default builder. */
  readonly name: string;
  /** True when the choice is for every docker endpoint. */
  readonly global: boolean;
}

/** Reads the store; no method writes but `noteUse`. */
export class Store {
  readonly #onBroken: (broken: BrokenFile) => void;
  readonly #told = new Set<string>();

  /**
   * @param dir undefined where there is no home folder: an empty store that can't be changed
   * @param onBroken called once for each broken file that affects a choice, but not for those that
   *   `list` returns
   */
  constructor(
    readonly dir: ConfigDir | undefined,
    onBroken: (broken: BrokenFile) => void = () => {},
  ) {
    this.#onBroken = onBroken;
  }

  /** Lists every builder by name, and every file that holds none. */
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

  /** Finds a builder by name in any case. Throws `BuilderError` for a broken file. */
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

  /** Reads the choice of `use` for any endpoint; undefined for none, and for a broken file. */
  current(): Current | undefined {
    return this.#orTell("choice of a builder", ["current"], parseCurrent);
  }

  /** Reads the name that `use --default` stored for a docker endpoint. */
  async defaultName(key: string): Promise<string | undefined> {
    // Most stores have no such name, and the hash takes half a millisecond.
    const known = this.#tolerant(
      "names of builders",
      ["defaults"],
      () => this.#entries("defaults"),
    );
    if (known === undefined || known.length === 0) return undefined;
    const parts = ["defaults", await hashOf(key)];
    return this.#orTell("name of a builder", parts, (text) => text || undefined);
  }

  /** Reads when a builder was last used. */
  lastActivity(name: string): Date | undefined {
    const date = this.#orTell("time", ["activity", name], (text) => new Date(text));
    return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
  }

  /**
   * Records that a stored builder, or the engine of a docker context, is in use now. Errors are
   * ignored: no command needs the record.
   */
  async noteUse(
    { name, origin }: { readonly name: string; readonly origin: string },
  ): Promise<void> {
    if (this.dir === undefined) return;
    const { path: tempDir, owner } = this.dir;
    try {
      if (origin !== "docker context" && this.find(name) === undefined) return;
      makeFolder(this.path("activity"), owner);
      removeLeftovers(tempDir);
      await noteInFile(this.path("activity", name), timestamp(), { tempDir, owner });
    } catch {
      // Builds work with a store that can't be written, too.
    }
  }

  /** Gives the path of a file in the store, or of the store's folder. */
  path(...parts: string[]): string {
    return [this.dir?.path ?? "", ...parts].join("/");
  }

  #read(file: string): NodeGroup | undefined {
    const text = this.#text("instances", file);
    if (text === undefined) return undefined;
    const group = parseNodeGroup(text);
    if (!isValidName(group.name)) throw new Error(`its Name ${group.name} is not a valid name`);
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

  /**
   * Reads and parses a file; undefined for an absent one, and for a broken one, which is reported.
   */
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
      // A read of a named pipe would wait for its writer.
      if (!Deno.statSync(path).isFile) throw new Error("it is not a file");
      return Deno.readTextFileSync(path);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }
}

/** The current time in the form of `activity/`. */
export function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** The name of a docker endpoint's file under `defaults/`. */
export async function hashOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return new Uint8Array(digest).toHex().slice(0, 20);
}

/** True for errors that only mean that a file is absent. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

function brokenFile(path: string, lacks: string, error: unknown): BrokenFile {
  return { path, lacks, reason: reasonOf(error) };
}

/** Gives fairlead's own messages unchanged, and the system's without the path. */
function reasonOf(error: unknown): string {
  return error instanceof Error && !("code" in error) ? error.message : osReason(error);
}
