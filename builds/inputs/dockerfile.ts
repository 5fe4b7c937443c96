import { nearest } from "../../base/nearest.ts";
import { osReason } from "../../base/os_reason.ts";
import { UsageError } from "../../base/usage_error.ts";
import { baseName, folderOf, parentOf } from "../../base/paths.ts";
import { statOf } from "../../base/stat.ts";
import type { DockerfileSource } from "../spec/source.ts";

/** A Dockerfile of this machine. */
export interface LocalDockerfile {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  /** Throws {@link NoDockerfile} where the path is no file, before the daemon finds that out. */
  check(): void;
}

/** The named Dockerfile does not exist, or is no file. */
export class NoDockerfile extends UsageError {}

/**
 * Finds a Dockerfile of this machine. Without a `Dockerfile`, a `dockerfile` is used. Throws {@link
 * NoDockerfile}, in the words of buildx and the daemon.
 * @param context the context's folder, absolute
 */
export function localDockerfile(
  { typed, path }: Extract<DockerfileSource, { kind: "file" }>,
  context: string,
): LocalDockerfile {
  const folder = parentOf(path);
  checkFolder(typed === "" ? context : folderOf(typed), folder);
  const name = existingName(folder, baseName(path));
  return { folder, name, check: () => checkFile(`${folder}/${name}`, name, typed) };
}

/**
 * Copies a Dockerfile and its `.dockerignore` into another folder. A missing file is left out,
 * because `check` reports it. A link to a file that may not be read is left out too.
 */
export function copyAlone(
  { folder, name }: LocalDockerfile,
  to: string,
  mayRead: (path: string) => boolean,
): void {
  for (const file of [name, `${name}.dockerignore`]) {
    const path = `${folder}/${file}`;
    try {
      if (Deno.lstatSync(path).isSymlink && !mayRead(path)) continue;
      if (Deno.statSync(path).isFile) Deno.copyFileSync(path, `${to}/${file}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
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

/** The first missing folder of a path. */
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
        ? nearFile(path) ??
          `there is no ${path}: -f is relative to the working folder, not to the context`
        : `there is no ${path}: ${similarFiles(path)}`,
    );
  }
  if (stat.isDirectory) {
    throw new NoDockerfile(
      `failed to solve: failed to read dockerfile: ${name} is not a regular file`,
      "name the file in it with -f",
    );
  }
}

/** Suggests the file of that folder whose name is near. */
function nearFile(path: string): string | undefined {
  const slash = path.lastIndexOf("/") + 1;
  const folder = path.slice(0, slash);
  try {
    const files = [...Deno.readDirSync(folder)].filter(({ isDirectory }) => !isDirectory);
    const near = nearest(path.slice(slash), files.map(({ name }) => name));
    return near && `there is no ${path}: did you mean -f ${folder}${near}?`;
  } catch {
    return undefined;
  }
}

/** Names the files that may be the Dockerfile. */
function similarFiles(path: string): string {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const similar: string[] = [];
  try {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const isSimilar = /^(?:docker|container)_?file|\.dockerfile$/i.test(name) ||
        nearest("Dockerfile", [name]) !== undefined;
      if (isSimilar && !isDirectory && !name.endsWith(".dockerignore")) similar.push(name);
    }
  } catch {
    // A folder that can't be read suggests nothing.
  }
  const [first] = similar.sort();
  return first === undefined
    ? "name another with -f, or another folder to build from"
    : `did you mean -f ${folder}/${first}?`;
}
