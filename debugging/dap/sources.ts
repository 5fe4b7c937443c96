import { absolutePath } from "../../base/paths.ts";
import type { BuildInputs } from "../../builds/inputs/build_inputs.ts";
import type { BuildDefinition } from "../definition.ts";

/**
 * The paths of a definition's files on this machine, by their index. The frontend saw the Dockerfile
 * by its name in a mount; other files keep their names.
 */
export function filePaths(
  { files }: BuildDefinition,
  { filename, state, mounts }: Pick<BuildInputs, "filename" | "state" | "mounts">,
): string[] {
  const folder = mounts.get("dockerfile") ?? state.localPath;
  const local = state.dockerfilePath.startsWith("/")
    ? state.dockerfilePath
    : `${folder}/${filename}`;
  return files.map((file) =>
    file.filename === filename ? local : absolutePath(file.filename, folder)
  );
}
