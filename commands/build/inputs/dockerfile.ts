import { osReason } from "../../../buildkit/session/os_reason.ts";
import { UsageError } from "../../program/usage_error.ts";

/** The Dockerfile of a folder when none is named: `dockerfile` where only that exists, as buildx has it. */
export function defaultDockerfile(folder: string): string {
  const usual = join(folder, "Dockerfile");
  const lower = join(folder, "dockerfile");
  return !statOf(usual) && statOf(lower) ? lower : usual;
}

/** What is named can't be a Dockerfile. */
export class NoDockerfile extends UsageError {}

/** Throws {@link NoDockerfile}. @param typed what `-f` said; empty without it */
export function checkDockerfile(path: string, typed: string): void {
  const stat = statOf(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!stat) {
    throw new NoDockerfile(
      `failed to solve: failed to read dockerfile: open ${name}: no such file or directory`,
      typed
        ? `there is no ${path}: -f is relative to the working folder, not to the context`
        : `there is no ${path}: name another with -f`,
    );
  }
  if (stat.isDirectory) {
    throw new NoDockerfile(
      `failed to solve: failed to read dockerfile: ${name} is not a regular file`,
      "name the file in it with -f",
    );
  }
}

/**
 * What a path leads to; undefined for nothing. Throws `UsageError` when that can't be found out. At
 * once: to wait for another thread takes ten times as long, and every target of bake is looked at.
 */
export function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`cannot look at ${path}: ${osReason(error)}`);
  }
}

function join(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}
