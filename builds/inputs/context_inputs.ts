/**
 * What a build reads: its context, its Dockerfile, and further contexts under names. Folders are
 * sent as the daemon asks for them; a URL goes to the daemon as it is; an archive on stdin is
 * uploaded once. The cases are tried in buildx's order, and its messages are kept.
 */
import type { Service } from "../../buildkit/grpc/call.ts";
import type { Deps } from "../../cli/deps.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { Archive } from "./archive.ts";
import { localDockerfile, statOf } from "./dockerfile.ts";
import { openedPath } from "../../base/opened_path.ts";
import { baseName } from "../../base/paths.ts";
import { hasQuery, isHttp, isRemote } from "./remote.ts";
import type { Scratch } from "../scratch.ts";
import { hidesItsKind, isArchive, peek, readText } from "./stdin.ts";

/** What a build reads, and how the daemon is told. */
export interface Inputs {
  /** Folder by mount name; absolute. */
  readonly mounts: ReadonlyMap<string, string>;
  /** The Dockerfile's name in the mount `dockerfile`; without that, its path inside the context. */
  readonly filename: string;
  /** What the frontend is told of the contexts. */
  readonly attrs: Readonly<Record<string, string>>;
  /** Features of the frontend that the build can't do without. */
  readonly caps: readonly string[];
  /** The context folder's own name; empty when it is no folder. */
  readonly name: string;
  /** What the daemon calls for what are no folders. */
  readonly services: readonly Service[];
  /** An archive on stdin is read as it is sent, once, unless it is kept first: for several nodes or attempts. */
  keepStdin(signal: AbortSignal): Promise<void>;
  /** A Dockerfile that the daemon is to fetch, into the mount `dockerfile`, before the build. */
  readonly dockerfileUrl: string | undefined;
  /** Throws `NoDockerfile` where there is none of this machine; last of all, as the daemon would. */
  checkDockerfile(): void;
}

/** What finding them goes by. */
export interface InputsOptions {
  readonly deps: Pick<Deps, "cwd" | "stdin">;
  readonly scratch: Scratch;
}

/** A Dockerfile has no business being larger, in bytes; buildx takes as much from a URL. */
const LARGEST_DOCKERFILE = 2 << 20;

/** A context, before it is known where the Dockerfile comes from. */
interface Context {
  readonly mounts: Map<string, string>;
  readonly attrs: Record<string, string>;
  readonly services: Service[];
  readonly archive?: Archive;
  /** Absolute; undefined when the context is no folder. */
  readonly folder?: string;
  /** Stdin is the Dockerfile, and begins here. */
  readonly stdin?: Pick<Deps["stdin"], "read">;
}

/**
 * Finds the context and the Dockerfile. `file`, of `-f`, is relative to the working folder, not to
 * the context, unless the context is no folder: then it is a path inside it.
 * Throws `UsageError`: what is not there, and what to write.
 */
export async function findInputs(
  path: string,
  file: string,
  options: InputsOptions,
): Promise<Inputs> {
  const { deps, scratch } = options;
  const context = path === "-"
    ? await stdinContext(file, options)
    : folderContext(path, deps.cwd) ?? remoteContext(path, deps.cwd);
  const { mounts, attrs, services, folder, archive } = context;
  const stdin = context.stdin ?? (file === "-" ? deps.stdin : undefined);
  const dockerfileUrl = isHttp(file) ? file : undefined;
  const caps = folder === undefined && path !== "-" && hasQuery(path)
    ? ["moby.buildkit.frontend.gitquerystring"]
    : [];
  const name = folder === undefined || path === "-" ? "" : baseName(folder);
  const keepStdin = async (signal: AbortSignal) => await archive?.keep(signal);
  const checkDockerfile = () => {};
  const inputs = { mounts, attrs, caps, name, services, keepStdin, dockerfileUrl, checkDockerfile };
  if (stdin !== undefined || dockerfileUrl !== undefined) {
    const made = scratch.folder("dockerfile");
    mounts.set("dockerfile", made);
    attrs["dockerfilekey"] = "dockerfile";
    if (dockerfileUrl === undefined) {
      const text = await readText(stdin!, LARGEST_DOCKERFILE);
      Deno.writeFileSync(`${made}/Dockerfile`, text);
    }
    return { ...inputs, filename: "Dockerfile" };
  }
  if (folder === undefined && !isAbsolute(file, path)) {
    return { ...inputs, filename: file || "Dockerfile" };
  }
  const dockerfile = localDockerfile(file, folder ?? "", deps.cwd);
  mounts.set("dockerfile", dockerfile.folder);
  if (folder === undefined) attrs["dockerfilekey"] = "dockerfile";
  return { ...inputs, filename: dockerfile.name, checkDockerfile: dockerfile.check };
}

/** An absolute `-f` beside a URL is a file of this machine; beside an archive it is one inside. */
function isAbsolute(file: string, path: string): boolean {
  return path !== "-" && (file.startsWith("/") || /^[A-Za-z]:[\\/]/.test(file));
}

function folderContext(path: string, cwd: string): Context | undefined {
  if (path === "") {
    throw new UsageError(
      'please specify build context (e.g. "." for the current directory)',
      "name the folder to build from, often .",
    );
  }
  const folder = openedPath(path, cwd);
  if (!statOf(folder)?.isDirectory) return undefined;
  return { mounts: new Map([["context", folder]]), attrs: {}, services: [], folder };
}

function remoteContext(path: string, cwd: string): Context {
  if (isRemote(path)) return { mounts: new Map(), attrs: { context: path }, services: [] };
  throw new UsageError(
    `unable to prepare context: path ${JSON.stringify(path)} not found`,
    statOf(openedPath(path, cwd))
      ? "it is no folder: name the folder to build from, and the Dockerfile with -f"
      : "name the folder to build from, often .",
  );
}

/** The archive in a form that the daemon knows for one. */
async function recognizable(head: Uint8Array, whole: Pick<Deps["stdin"], "read">) {
  if (!hidesItsKind(head)) return whole;
  const { gzipped } = await import("./gzip.ts");
  return gzipped(whole);
}

async function stdinContext(file: string, { deps, scratch }: InputsOptions): Promise<Context> {
  if (file === "-") {
    throw new UsageError(
      "invalid argument: can't use stdin for both build context and dockerfile",
      "name the context, or the Dockerfile inside it",
    );
  }
  const { head, whole } = await peek(deps.stdin);
  if (head.length === 0) {
    throw new UsageError(
      "cannot build from stdin: it is empty",
      "send it a tar of the context, or a Dockerfile",
    );
  }
  if (isArchive(head)) {
    const { upload } = await import("../../buildkit/session/upload.ts");
    const { archiveFrom } = await import("./archive.ts");
    const archive = archiveFrom(await recognizable(head, whole), scratch);
    const { url, service } = upload(() => archive.open());
    return { mounts: new Map(), attrs: { context: url }, services: [service], archive };
  }
  if (file !== "") {
    throw new UsageError(
      "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles",
      "send a tar of the context to stdin, or name the context's folder",
    );
  }
  const folder = scratch.folder("empty");
  return { mounts: new Map([["context", folder]]), attrs: {}, services: [], folder, stdin: whole };
}
