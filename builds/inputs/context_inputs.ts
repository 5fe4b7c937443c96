/**
 * The context and the Dockerfile of a build. Folders are sent as the daemon asks for them. A URL
 * goes to the daemon as it is. An archive on stdin is uploaded once. The order of the cases and the
 * messages are buildx's.
 */
import type { Service } from "../../buildkit/grpc/call.ts";
import type { Deps } from "../../cli/deps.ts";
import { UsageError } from "../../base/usage_error.ts";
import type { Scratch } from "../scratch.ts";
import type { BuildSpec } from "../spec/build_spec.ts";
import { hasQuery, QUERY_CAPABILITY } from "../spec/remote.ts";
import type { ContextSource } from "../spec/source.ts";
import type { Archive } from "./archive.ts";
import { copyAlone, localDockerfile } from "./dockerfile.ts";
import { hidesItsKind, isArchive, openStdin, peek, readWhole } from "./stdin.ts";

/** The context and the Dockerfile, and the attributes that describe them to the daemon. */
export interface ContextInputs {
  /** Folder by mount name; absolute. */
  readonly mounts: ReadonlyMap<string, string>;
  /** The Dockerfile's name in the mount `dockerfile`; without that, its path inside the context. */
  readonly filename: string;
  /** For the frontend. */
  readonly attrs: Readonly<Record<string, string>>;
  /** Features of the frontend that the build needs. */
  readonly caps: readonly string[];
  /** Services that the daemon calls for inputs that are no folders. */
  readonly services: readonly Service[];
  /**
   * Keeps an archive on stdin for several nodes or attempts. Without this call, it is read once, as
   * it is sent.
   */
  keepStdin(signal: AbortSignal): Promise<void>;
  /** A Dockerfile that the daemon is to fetch, into the mount `dockerfile`, before the build. */
  readonly dockerfileUrl: string | undefined;
  /** The Dockerfile's folder; undefined if it is no folder of this machine. */
  readonly dockerfileFolder: string | undefined;
  /**
   * Throws `NoDockerfile` where this machine lacks the Dockerfile. Called last, because the daemon
   * would find that last.
   */
  checkDockerfile(): void;
}

/** The options of `findInputs` besides the specification. */
export interface ContextOptions {
  readonly deps: Pick<Deps, "cwd" | "stdin" | "signal">;
  readonly scratch: Scratch;
  readonly mayRead: (path: string) => boolean;
}

/** The largest Dockerfile, in bytes; buildx accepts as much from a URL. */
const LARGEST_DOCKERFILE = 2 << 20;

/** A context, before the place of the Dockerfile is known. */
interface OpenContext {
  readonly mounts: Map<string, string>;
  readonly attrs: Record<string, string>;
  readonly services: Service[];
  readonly archive?: Archive;
  /** Absolute; undefined when the context is no folder. */
  readonly folder?: string;
  /** Stdin is the Dockerfile, and begins here. */
  readonly stdin?: Pick<Deps["stdin"], "read">;
}

/** Opens both. Throws `UsageError`, which says what is missing and what to write. */
export async function findInputs(
  { context: source, dockerfile }: Pick<BuildSpec, "context" | "dockerfile">,
  options: ContextOptions,
): Promise<ContextInputs> {
  const { deps, scratch, mayRead } = options;
  const context = await openContext(source, dockerfile.typed, options);
  const { mounts, attrs, services, folder, archive } = context;
  const dockerfileUrl = dockerfile.kind === "url" ? dockerfile.typed : undefined;
  const caps = source.kind === "remote" && hasQuery(source.url) ? [QUERY_CAPABILITY] : [];
  const keepStdin = async (signal: AbortSignal) => await archive?.keep(signal);
  const checkDockerfile = () => {};
  const inputs = {
    ...{ mounts, attrs, caps, services, keepStdin, dockerfileUrl, checkDockerfile },
    dockerfileFolder: undefined,
  };
  const stdin = context.stdin ?? (dockerfile.kind === "stdin" ? openStdin(deps) : undefined);
  if (stdin !== undefined || dockerfileUrl !== undefined || dockerfile.kind === "inline") {
    const made = scratch.folder("dockerfile");
    mounts.set("dockerfile", made);
    attrs["dockerfilekey"] = "dockerfile";
    const path = `${made}/Dockerfile`;
    if (dockerfile.kind === "inline") Deno.writeTextFileSync(path, dockerfile.text);
    else if (stdin) Deno.writeFileSync(path, await readWhole(stdin, LARGEST_DOCKERFILE));
    return { ...inputs, filename: "Dockerfile" };
  }
  if (dockerfile.kind !== "file") return { ...inputs, filename: dockerfile.typed || "Dockerfile" };
  const found = localDockerfile(dockerfile, folder ?? "");
  // The daemon may ask for any file of a mounted folder.
  const mount = mayRead(found.folder) ? found.folder : scratch.folder("dockerfile");
  if (mount !== found.folder) copyAlone(found, mount, mayRead);
  mounts.set("dockerfile", mount);
  if (folder === undefined) attrs["dockerfilekey"] = "dockerfile";
  return {
    ...inputs,
    filename: found.name,
    dockerfileFolder: found.folder,
    checkDockerfile: () => found.check(),
  };
}

async function openContext(
  source: ContextSource,
  dockerfile: string,
  options: ContextOptions,
): Promise<OpenContext> {
  switch (source.kind) {
    case "none":
      throw source.error;
    case "remote":
      return { mounts: new Map(), attrs: { context: source.url }, services: [] };
    case "folder": {
      const folder = source.path;
      return { mounts: new Map([["context", folder]]), attrs: {}, services: [], folder };
    }
    case "stdin":
      return await stdinContext(dockerfile, options);
  }
}

/** The archive in a form that the daemon recognizes. */
async function recognizable(head: Uint8Array, whole: Pick<Deps["stdin"], "read">) {
  if (!hidesItsKind(head)) return whole;
  const { gzipped } = await import("./gzip.ts");
  return gzipped(whole);
}

async function stdinContext(
  dockerfile: string,
  { deps, scratch }: ContextOptions,
): Promise<OpenContext> {
  if (dockerfile === "-") {
    throw new UsageError(
      "invalid argument: can't use stdin for both build context and dockerfile",
      "name the context, or the Dockerfile inside it",
    );
  }
  const { head, whole } = await peek(openStdin(deps));
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
  if (dockerfile !== "") {
    throw new UsageError(
      "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles",
      "send a tar of the context to stdin, or name the context's folder",
    );
  }
  const folder = scratch.folder("empty");
  return { mounts: new Map([["context", folder]]), attrs: {}, services: [], folder, stdin: whole };
}
