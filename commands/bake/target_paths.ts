/**
 * Where a target's inputs are. In a definition that comes from elsewhere a path means a folder there,
 * and `cwd://` one of this machine. Pure, but for a look at whether a Dockerfile is there.
 */
import type { Target } from "../../bake/target.ts";
import { absolutePath, cleanPath } from "../../base/paths.ts";
import { isRemote } from "../../builds/inputs/remote.ts";
import { UsageError } from "../../base/usage_error.ts";
import { urlBelow } from "./git_url.ts";

/** What a build is told of its inputs. */
export interface Place {
  /** A path, or a URL. */
  readonly context: string;
  /** A path from the working folder; inside the context where that is remote; or a URL. */
  readonly dockerfile: string;
  /** By name. */
  readonly contexts: ReadonlyMap<string, string>;
}

/** What finding the place goes by. */
export interface PlaceContext {
  /** The git repository that the definition is in; undefined for one of this machine. */
  readonly repository: string | undefined;
  readonly cwd: string;
  readonly exists: (path: string) => boolean;
}

const LOCAL = "cwd://";

/** Throws `UsageError` for what can't be. */
export function placeOf(target: Target, { repository, cwd, exists }: PlaceContext): Place {
  const { context: written = ".", dockerfile: file = "Dockerfile", contexts } = target;
  if (written === "-") throw new UsageError("context from stdin not allowed in bake");
  if (file === "-") throw new UsageError("dockerfile from stdin not allowed in bake");
  const context = here(there(written, repository), "path");
  return {
    context,
    dockerfile: dockerfileOf(file, context, written),
    contexts: new Map(
      [...contexts ?? []].map((
        [name, value],
      ) => [name, here(contextThere(value, repository), "named")]),
    ),
  };

  function dockerfileOf(file: string, context: string, written: string): string {
    if (file.startsWith(LOCAL)) return absolutePath(file.slice(LOCAL.length), cwd);
    if (isRemote(file)) return file;
    const name = cleanPath(file);
    if (isRemote(context) || name.startsWith("/")) return name;
    const path = cleanPath(`${context}/${name}`);
    if (repository !== undefined && written.startsWith(LOCAL) && exists(path)) {
      throw new UsageError(
        "reading a dockerfile for a remote build invocation is currently not supported",
        `write cwd://${path} for the one of this machine`,
      );
    }
    return path;
  }
}

/** A named context, which may also be another target, an image or a layout. */
function contextThere(value: string, repository: string | undefined): string {
  return /^(?:target:|docker-image:|oci-layout:)/.test(value) ? value : there(value, repository);
}

/** A path as the folder of the repository that it means. */
function there(value: string, repository: string | undefined): string {
  if (value.startsWith(LOCAL) || isRemote(value)) return value;
  return repository === undefined ? value : urlBelow(repository, cleanPath(value));
}

/** A path without `cwd://`, and clean; anything else as it is: more than a URL in a named context. */
function here(value: string, kind: "path" | "named"): string {
  if (value.startsWith(LOCAL)) return cleanPath(value.slice(LOCAL.length));
  const isOther = kind === "named" && /^(?:target:|docker-image:|oci-layout:)/.test(value);
  const isNothing = kind === "named" && value === "";
  return isOther || isNothing || isRemote(value) ? value : cleanPath(value);
}
