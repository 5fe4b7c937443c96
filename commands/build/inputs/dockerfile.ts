import { osReason } from "../../../buildkit/session/os_reason.ts";
import { UsageError } from "../../program/usage_error.ts";

/** The Dockerfile of a folder when none is named: `dockerfile` where only that exists, as buildx has it. */
export async function defaultDockerfile(folder: string): Promise<string> {
  const usual = join(folder, "Dockerfile");
  const lower = join(folder, "dockerfile");
  return !await statOf(usual) && await statOf(lower) ? lower : usual;
}

/** Throws `UsageError` for what can't be a Dockerfile. @param typed what `-f` said; empty without it */
export async function checkDockerfile(path: string, typed: string): Promise<void> {
  const stat = await statOf(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!stat) {
    throw new UsageError(
      `failed to solve: failed to read dockerfile: open ${name}: no such file or directory`,
      typed
        ? `there is no ${path}: -f is relative to the working folder, not to the context`
        : `there is no ${path}: name another with -f`,
    );
  }
  if (stat.isDirectory) {
    throw new UsageError(
      `failed to solve: failed to read dockerfile: ${name} is not a regular file`,
      "name the file in it with -f",
    );
  }
}

/** What a path leads to; undefined for nothing. Throws `UsageError` when that can't be found out. */
export async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`cannot look at ${path}: ${osReason(error)}`);
  }
}

function join(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}
