/** `include`: adds services of other projects, with their own folder and their own `.env`. */
import { ComposeError } from "../error.ts";
import { readDotenv } from "./dotenv.ts";
import { type Layer, mergeEntry, type SourceFile, type World } from "./layer.ts";
import { folderOf } from "../../base/paths.ts";
import { join } from "./paths.ts";
import type { Lookup } from "./template.ts";
import { isMapping, type Mapping, textOf, type Value } from "./value.ts";

/** The state of one load of files. */
export interface Loading {
  readonly world: World;
  /** The values of variables. */
  readonly env: Lookup;
  /** The folder of relative paths; empty for the working folder. */
  readonly folder: string;
  /** Files that are open, outermost first. */
  readonly included: readonly string[];
}

type Load = (files: readonly SourceFile[], loading: Loading) => Mapping;

/** Merges the layer over the files that it includes. Throws `ComposeError`. */
export function includeFiles(layer: Layer, loading: Loading, load: Load): void {
  const { model } = layer;
  for (const entry of entriesOf(model.get("include"))) {
    const imported = loadEntry(entry, loading, load);
    for (const key of ["services", "secrets"]) {
      const from = imported.get(key);
      if (!isMapping(from)) continue;
      const into: Mapping = new Map(model.get(key) as Mapping | undefined ?? []);
      for (const [name, value] of from) {
        const own = into.get(name);
        into.set(name, own === undefined ? value : mergeEntry([key, name], value, own, layer));
      }
      model.set(key, into);
    }
  }
  model.delete("include");
}

interface Entry {
  readonly paths: readonly string[];
  readonly folder: string | undefined;
  readonly envFiles: readonly string[] | undefined;
}

function entriesOf(value: Value | undefined): Entry[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    throw new ComposeError(`\`include\` must be a list, got ${textOf(value)}`);
  }
  return value.map((entry) => {
    const fields: Mapping = isMapping(entry) ? entry : new Map([["path", entry]]);
    const paths = texts(fields.get("path"), "include.path");
    if (paths.length === 0) throw new ComposeError("include.path is required");
    const folder = fields.get("project_directory");
    const envFiles = fields.get("env_file");
    return {
      paths,
      folder: typeof folder === "string" && folder !== "" ? folder : undefined,
      envFiles: envFiles === undefined ? undefined : texts(envFiles, "include.env_file"),
    };
  });
}

function texts(value: Value | undefined, where: string): string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.map((item) => {
    if (typeof item === "string") return item;
    throw new ComposeError(`${where} must be a string or a list of strings`);
  });
}

function loadEntry(entry: Entry, loading: Loading, load: Load): Mapping {
  const { world, env, included } = loading;
  const at = (path: string, folder: string) => path.startsWith("/") ? path : join(folder, path);
  const paths = entry.paths.map((path) => at(path, loading.folder));
  const [main] = paths as [string];
  if (included.includes(main)) {
    const [first, ...others] = [...included, main];
    throw new ComposeError(
      `include cycle detected:\n${first}\n include ${others.join("\n include ")}`,
      "take one of the includes out",
    );
  }
  const folder = entry.folder === undefined ? folderOf(main) : at(entry.folder, loading.folder);
  const files = paths.map((name) => {
    const text = world.readText(name);
    if (text === undefined) throw new ComposeError(`open ${name}: no such file or directory`);
    return { name, text };
  });
  const variables = new Map<string, string>();
  const own = join(folder, ".env");
  const envFiles = entry.envFiles?.filter((file) => file !== "/dev/null")
    .map((file) => at(file, loading.folder));
  for (const file of envFiles ?? [own]) {
    const text = world.readText(file);
    if (text !== undefined) readDotenv(file, text, variables, env, world);
    else if (envFiles !== undefined) {
      throw new ComposeError(`stat ${file}: no such file or directory`);
    }
  }
  const both: Lookup = (name) => env(name) ?? variables.get(name);
  return load(files, { world, env: both, folder, included });
}
