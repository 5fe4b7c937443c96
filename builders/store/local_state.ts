/**
 * Records of builds by builder, node and ref, in which other tools look up the source of a build.
 */
import { exists } from "../../base/stat.ts";
import { maybe } from "../../base/maybe.ts";
import { isObject } from "../../base/json.ts";
import { makeFolder, writeStoreFile } from "./store_file.ts";
import type { ConfigDir } from "./config_dir.ts";
import { goJson } from "../../base/go/json.ts";

/** The record of a build. */
export interface BuildState {
  /** bake's name for it; `default` where there is one. */
  readonly target: string;
  /** The context: an absolute path, a URL, or `-`. */
  readonly localPath: string;
  /** The value of `-f`, absolute if the context is a folder; empty without `-f`. */
  readonly dockerfilePath: string;
  /** The id of the run of bake that the build was a part of. */
  readonly groupRef?: string;
}

/** The record of a run of bake. */
export interface BuildGroup {
  /** The targets as the user typed them. */
  readonly targets: readonly string[];
  /** The refs of the builds. */
  readonly refs: readonly string[];
}

/**
 * The version of the layout of `refs/`. buildx rewrites all groups if the version's file is
 * missing.
 */
const VERSION = "2";

/**
 * Writes a record as buildx does: `refs/BUILDER/NODE/REF`, readable for all, without the store's
 * lock, because each ref is new. Errors are ignored: the build doesn't need the record.
 */
export function saveBuildState(
  dir: ConfigDir | undefined,
  [builder, node, ref]: readonly [builder: string, node: string, ref: string],
  { target, localPath, dockerfilePath, groupRef }: BuildState,
): void {
  save(dir, `${builder}/${node}/${ref}`, 0o644, {
    Target: target,
    LocalPath: localPath,
    DockerfilePath: dockerfilePath,
    ...groupRef && { GroupRef: groupRef },
  });
}

/**
 * Reads a record below `refs/`; undefined if it is missing or can't be read. A daemon chooses refs,
 * so a name that could lead elsewhere is not looked up.
 */
export function readRecord(
  dir: ConfigDir | undefined,
  names: readonly string[],
): Readonly<Record<string, unknown>> | undefined {
  if (dir === undefined || !names.every((name) => /^\w[\w.-]*$/.test(name))) return undefined;
  const path = `${dir.path}/refs/${names.join("/")}`;
  const json: unknown = maybe(() => JSON.parse(Deno.readTextFileSync(path)));
  return isObject(json) ? json : undefined;
}

/** Writes a record of a run as buildx does, `refs/__group__/ID`, under the same conditions. */
export function saveBuildGroup(
  dir: ConfigDir | undefined,
  id: string,
  { targets, refs }: BuildGroup,
): void {
  if (dir !== undefined && !exists(`${dir.path}/refs/__group__`)) {
    save(dir, "version", 0o600, VERSION);
  }
  save(dir, `__group__/${id}`, 0o600, {
    ...targets.length > 0 && { Targets: targets },
    Refs: refs,
  });
}

/** @param record a text, or a value that is written as JSON */
function save(
  dir: ConfigDir | undefined,
  name: string,
  mode: number,
  record: object | string,
): void {
  if (dir === undefined) return;
  const path = `${dir.path}/refs/${name}`;
  try {
    makeFolder(path.slice(0, path.lastIndexOf("/")), dir.owner);
    const text = typeof record === "string" ? record : goJson(record);
    writeStoreFile(path, text, { tempDir: dir.path, owner: dir.owner, sync: false });
    if (mode !== 0o600) Deno.chmodSync(path, mode);
  } catch {
    // Builds work with a store that can't be written, too.
  }
}
