import { UsageError } from "../usage_error.ts";
import { absolutePath, baseName, parentOf } from "./paths.ts";

/** The folders that a build reads, and where its Dockerfile lies among them. */
export interface LocalContext {
  /** The context's folder, absolute. */
  readonly folder: string;
  /** Folder by mount name. */
  readonly mounts: ReadonlyMap<string, string>;
  /** The Dockerfile's name in the mount `dockerfile`. */
  readonly filename: string;
  /** The Dockerfile's absolute path when `-f` gave one, else empty: as buildx notes it. */
  readonly dockerfile: string;
}

/**
 * Finds the context and the Dockerfile. `-f` is relative to the working folder, not to the context.
 * Without it `Dockerfile` is meant, or `dockerfile` where only that exists, as buildx has it.
 * Throws `UsageError`: what is not there, and what to write.
 */
export async function localContext(
  path: string,
  file: string,
  cwd: string,
): Promise<LocalContext> {
  if (path === "-" || /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(path)) {
    throw new UsageError(
      `cannot build from ${JSON.stringify(path)}: the context must be a local folder`,
      "clone or unpack it first, and name the folder",
    );
  }
  const folder = absolutePath(path, cwd);
  const stat = await statOf(folder);
  if (!stat) {
    throw new UsageError(
      `unable to prepare context: path ${JSON.stringify(path)} not found`,
      "name the folder to build from, often .",
    );
  }
  if (!stat.isDirectory) {
    throw new UsageError(
      `unable to prepare context: path ${JSON.stringify(path)} is not a folder`,
      "name the folder to build from, and the Dockerfile with -f",
    );
  }
  if (/^(?:-|https?:\/\/)/.test(file)) {
    throw new UsageError(
      `cannot read the Dockerfile from ${JSON.stringify(file)}: it must be a local file`,
      "write it to a file, and name that with -f",
    );
  }
  const dockerfile = file === "" ? await defaultDockerfile(folder) : absolutePath(file, cwd);
  await checkDockerfile(dockerfile, file);
  return {
    folder,
    mounts: new Map([["context", folder], ["dockerfile", parentOf(dockerfile)]]),
    filename: baseName(dockerfile),
    dockerfile: file === "" ? "" : dockerfile,
  };
}

async function defaultDockerfile(folder: string): Promise<string> {
  const usual = join(folder, "Dockerfile");
  const lower = join(folder, "dockerfile");
  return !await statOf(usual) && await statOf(lower) ? lower : usual;
}

async function checkDockerfile(path: string, typed: string): Promise<void> {
  const stat = await statOf(path);
  const name = typed || path;
  if (!stat) {
    throw new UsageError(
      `failed to read dockerfile: ${name}: no such file`,
      typed ? "-f is relative to the working folder, not to the context" : "name one with -f",
    );
  }
  if (stat.isDirectory) {
    throw new UsageError(
      `failed to read dockerfile: ${name}: is a folder`,
      "name the file in it with -f",
    );
  }
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`cannot look at ${path}: ${(error as Error).message}`);
  }
}

function join(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}
