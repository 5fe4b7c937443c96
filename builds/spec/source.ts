/**
 * The meaning of the texts of contexts and Dockerfiles. This is the only place that decides whether
 * a text is a path or a URL: builds open the returned source, and permission checks look at the
 * same values.
 */
import { openedPath } from "../../base/opened_path.ts";
import { absolutePath, folderOf, isAbsolute } from "../../base/paths.ts";
import { statOf } from "../../base/stat.ts";
import { UsageError } from "../../base/usage_error.ts";
import { type LayoutRef, parseLayoutRef } from "../../buildkit/session/oci_layout.ts";
import { isHttp, isRemote } from "./remote.ts";

/** A folder of this machine. */
export interface Folder {
  readonly kind: "folder";
  /** The author's text. */
  readonly typed: string;
  /** Absolute; symbolic links are followed before a `..` only. */
  readonly path: string;
}

/**
 * A text that names neither a folder nor a URL. The build throws its error when it comes to the
 * input.
 */
export interface NoFolder {
  readonly kind: "none";
  readonly typed: string;
  readonly path: string;
  readonly error: Error;
}

/** A git repository, or a file over HTTP, that the daemon fetches. */
export interface Remote {
  readonly kind: "remote";
  readonly url: string;
}

export type ContextSource = { readonly kind: "stdin" } | Folder | NoFolder | Remote;

/** A context that the Dockerfile may name in FROM, COPY --from and mounts. */
export interface NamedContext {
  /** As a short image name is written: no default registry, no `:latest`. */
  readonly name: string;
  readonly source: NamedSource;
}

export type NamedSource =
  | Folder
  | NoFolder
  | Remote
  /** `docker-image://…`, whole. */
  | { readonly kind: "image"; readonly url: string }
  /** The result of another target of the same run. */
  | { readonly kind: "target"; readonly target: string }
  | {
    readonly kind: "layout";
    readonly typed: string;
    readonly ref: LayoutRef;
    /** The layout's folder, absolute. */
    readonly path: string;
  };

/**
 * Where the Dockerfile comes from. `typed` is the author's text: empty for none, `-` for an inline
 * one.
 */
export type DockerfileSource =
  & { readonly typed: string }
  & (
    | { readonly kind: "stdin" }
    | { readonly kind: "inline"; readonly text: string }
    | { readonly kind: "url" }
    /** A file inside a context that is no folder. */
    | { readonly kind: "inside" }
    /** A file of this machine; absolute. */
    | { readonly kind: "file"; readonly path: string }
  );

/** How texts are read. */
export interface SourceRules {
  readonly cwd: string;
  /**
   * A text of the form of a URL is a URL, even where a folder of that name exists. This holds for
   * definitions that were fetched: their author must not choose between a URL and this machine.
   */
  readonly urlsFirst?: boolean;
}

/** The context of a build: `-`, a folder or a URL. */
export function contextSource(text: string, { cwd, urlsFirst }: SourceRules): ContextSource {
  if (text === "-") return { kind: "stdin" };
  const remote: Remote | undefined = isRemote(text) ? { kind: "remote", url: text } : undefined;
  if (remote && urlsFirst) return remote;
  const local = localContext(text, cwd);
  return local.kind === "none" && remote ? remote : local;
}

/** A context that can be a folder only. */
export function localContext(text: string, cwd: string): Folder | NoFolder {
  const { path, none } = opened(text, cwd);
  if (text === "") {
    return none(
      'please specify build context (e.g. "." for the current directory)',
      "name the folder to build from, usually .",
    );
  }
  return folderAt(text, path, (exists) =>
    none(
      `unable to prepare context: path ${JSON.stringify(text)} not found`,
      exists
        ? "it is not a folder: name the folder to build from, and the Dockerfile with -f"
        : "name the folder to build from, usually .",
    ));
}

/** The path of a text, and a function that makes the error for one that is not a folder. */
function opened(typed: string, cwd: string) {
  const path = openedPath(typed, cwd);
  const none = (message: string, hint: string): NoFolder => ({
    kind: "none",
    typed,
    path,
    error: new UsageError(message, hint),
  });
  return { path, none };
}

/** @param none makes the error; its argument says whether the path exists but is no folder */
function folderAt(
  typed: string,
  path: string,
  none: (exists: boolean) => NoFolder,
): Folder | NoFolder {
  try {
    const stat = statOf(path);
    return stat?.isDirectory ? { kind: "folder", typed, path } : none(stat !== undefined);
  } catch (error) {
    return { kind: "none", typed, path, error: error as Error };
  }
}

/** The value of a named context. A URL goes before a folder of that name, as with buildx. */
export function namedSource(name: string, text: string, cwd: string): NamedSource {
  if (text.startsWith("target:")) return { kind: "target", target: text.slice("target:".length) };
  if (isRemote(text)) return { kind: "remote", url: text };
  if (text.startsWith("docker-image://")) return { kind: "image", url: text };
  const ref = parseLayoutRef(text);
  if (ref) return { kind: "layout", typed: text, ref, path: openedPath(ref.path, cwd) };
  return localNamed(name, text, cwd);
}

/** A named context that can be a folder only. */
export function localNamed(name: string, text: string, cwd: string): Folder | NoFolder {
  const { path, none } = opened(text, cwd);
  const missing = () =>
    none(
      `failed to get build context ${name}: stat ${text}: no such file or directory`,
      "a context is a folder, a URL, docker-image://NAME or oci-layout://PATH",
    );
  if (text === "") return missing();
  return folderAt(text, path, (exists) =>
    exists
      ? none(
        `failed to get build context path {${text} <nil>}: not a directory`,
        `the context ${name} has to be a folder`,
      )
      : missing());
}

/**
 * The Dockerfile that `text` (of `-f`) names, or the context's own where it is empty. A path is
 * seen from the working folder, unless the context is no folder: then it is a path inside the
 * context. If the context is a URL, an absolute path is a file of this machine.
 */
export function dockerfileSource(
  text: string,
  context: ContextSource,
  cwd: string,
): DockerfileSource {
  if (text === "-") return { kind: "stdin", typed: text };
  if (isHttp(text)) return { kind: "url", typed: text };
  const isLocal = context.kind === "folder" || context.kind === "none" ||
    context.kind === "remote" && isAbsolute(text);
  if (!isLocal) return { kind: "inside", typed: text };
  if (text === "") {
    const folder = "path" in context ? context.path : cwd;
    return { kind: "file", typed: text, path: `${folder}/Dockerfile` };
  }
  // Go takes `d/f/` apart into the folder `d/f` and the name `f`.
  const folder = absolutePath(folderOf(text), cwd);
  const name = text.replace(/\/+$/, "").split("/").pop() || "/";
  return { kind: "file", typed: text, path: `${folder === "/" ? "" : folder}/${name}` };
}
