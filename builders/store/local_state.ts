/** Records of builds, by builder, node and ref, which other tools read to tell what a build was of. */
import { makeFolder, writeStoreFile } from "./store_file.ts";
import type { ConfigDir } from "./config_dir.ts";
import { goJson } from "./node_group_json.ts";

/** What is recorded of a build. */
export interface BuildState {
  /** bake's name for it; `default` where there is one. */
  readonly target: string;
  /** The context: an absolute path, a URL, or `-`. */
  readonly localPath: string;
  /** As `-f` had it, absolute where the context is a folder; empty without it. */
  readonly dockerfilePath: string;
  /** Of the run that it was a part of. */
  readonly groupRef?: string;
}

/** What is recorded of a run of bake. */
export interface BuildGroup {
  /** What was asked for, as it was typed. */
  readonly targets: readonly string[];
  /** Those of the builds. */
  readonly refs: readonly string[];
}

/** The layout of `refs/`. buildx rewrites all groups where the file that says so is missing. */
const VERSION = "2";

/**
 * Writes a record as buildx does: `refs/BUILDER/NODE/REF`, for all to read. Without the store's lock,
 * as there: a ref is new. What fails of it is nobody's trouble: the build doesn't need it.
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

/** Writes a record of a run as buildx does, `refs/__group__/ID`, under the same conditions. */
export function saveBuildGroup(
  dir: ConfigDir | undefined,
  id: string,
  { targets, refs }: BuildGroup,
): void {
  if (dir !== undefined && !isThere(`${dir.path}/refs/__group__`)) {
    save(dir, "version", 0o600, VERSION);
  }
  save(dir, `__group__/${id}`, 0o600, {
    ...targets.length > 0 && { Targets: targets },
    Refs: refs,
  });
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** @param record a text as it stands, anything else as JSON */
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
    // A store that can only be read is a store to build with.
  }
}
