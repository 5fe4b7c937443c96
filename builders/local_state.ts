/** Records of builds, by builder, node and ref, which other tools read to tell what a build was of. */
import { makeFolder, writeAtomically } from "./atomic_file.ts";
import type { ConfigDir } from "./config_dir.ts";
import { goJson } from "./node_group_json.ts";

/** What is recorded of a build. */
export interface BuildState {
  /** The context: an absolute path, a URL, or `-`. */
  readonly localPath: string;
  /** As `-f` had it, absolute where the context is a folder; empty without it. */
  readonly dockerfilePath: string;
}

/**
 * Writes a record as buildx does: `refs/BUILDER/NODE/REF`, for all to read. Without the store's lock,
 * as there: a ref is new. What fails of it is nobody's trouble: the build doesn't need it.
 */
export function saveBuildState(
  dir: ConfigDir | undefined,
  [builder, node, ref]: readonly [builder: string, node: string, ref: string],
  { localPath, dockerfilePath }: BuildState,
): void {
  if (dir === undefined) return;
  const folder = `${dir.path}/refs/${builder}/${node}`;
  const state = { Target: "default", LocalPath: localPath, DockerfilePath: dockerfilePath };
  try {
    makeFolder(folder, dir.owner);
    writeAtomically(`${folder}/${ref}`, goJson(state), { tempDir: dir.path, owner: dir.owner });
    Deno.chmodSync(`${folder}/${ref}`, 0o644);
  } catch {
    // A store that can only be read is a store to build with.
  }
}
