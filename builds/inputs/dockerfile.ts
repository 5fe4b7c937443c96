import { osReason } from "../../base/os_reason.ts";
import { UsageError } from "../../base/usage_error.ts";
import { absolutePath, cleanPath } from "../../base/paths.ts";

/** A Dockerfile of this machine. */
export interface LocalDockerfile {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  /** Throws {@link NoDockerfile} where it is no file: the daemon would find that out later. */
  check(): void;
}

/** What is named can't be a Dockerfile. */
export class NoDockerfile extends UsageError {}

/**
 * The Dockerfile that `-f` names, else that of the context's folder. Where only a `dockerfile` exists,
 * that is meant. Throws {@link NoDockerfile}, in the words of buildx and the daemon.
 * @param typed what `-f` said; empty without it
 */
export function localDockerfile(typed: string, context: string, cwd: string): LocalDockerfile {
  const path = typed || `${context}/Dockerfile`;
  // As Go takes paths apart: of `d/f/` the folder is `d/f`.
  const folder = cleanPath(path.slice(0, path.lastIndexOf("/") + 1));
  const at = absolutePath(folder, cwd);
  checkFolder(folder, at);
  const name = existingName(at, path.replace(/\/+$/, "").split("/").pop() || "/");
  return { folder: at, name, check: () => checkFile(`${at}/${name}`, name, typed) };
}

function checkFolder(folder: string, at: string): void {
  const hint = "name a Dockerfile with -f, relative to the working folder";
  try {
    if (Deno.statSync(at).isDirectory) return;
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound ? `lstat ${missingPart(folder, at)}: ` : "";
    throw new NoDockerfile(`resolve : ${gone}${osReason(error)}`, hint);
  }
  throw new NoDockerfile(`stat ${folder}: not a directory`, hint);
}

/** The first folder of a path that isn't there. */
function missingPart(folder: string, at: string): string {
  const above = folder.lastIndexOf("/"), aboveAt = at.lastIndexOf("/");
  if (above <= 0 || aboveAt <= 0 || statOf(at.slice(0, aboveAt))) return folder;
  return missingPart(folder.slice(0, above), at.slice(0, aboveAt));
}

function existingName(folder: string, name: string): string {
  const isFile = (file: string) => statOf(`${folder}/${file}`)?.isDirectory === false;
  return name === "Dockerfile" && !isFile(name) && isFile("dockerfile") ? "dockerfile" : name;
}

function checkFile(path: string, name: string, typed: string): void {
  const stat = statOf(path);
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
