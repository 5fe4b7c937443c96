import { parseGitRef, shortGitRef } from "./git_ref.ts";
import type { LocalState } from "./local_state.ts";

/**
 * The name of a build in lists: the name that the user gave, else one made of its context and
 * Dockerfile, with the target in parentheses. The rules are buildx's, so both programs show the
 * same name; paths have slashes.
 *
 * @param attrs the build's frontend attributes
 * @param state this machine's note about the build, if the machine started it
 */
export function buildName(
  attrs: Readonly<Record<string, string>>,
  state: LocalState | undefined,
): string {
  const given = attrs["build-arg:BUILDKIT_BUILD_NAME"];
  if (given) return given;
  const target = attrs["target"] ?? "";
  const path = contextName(attrs) || pathName(attrs, state);
  if (path !== "") return target === "" ? path : `${path} (${target})`;
  return target || shortGitRef(source(attrs));
}

function contextName(attrs: Readonly<Record<string, string>>): string {
  const context = attrs["context"];
  if (context !== undefined) return slashes(context);
  const local = attrs["vcs:localdir:context"];
  return local !== undefined && local !== "." ? slashes(local) : "";
}

function source(attrs: Readonly<Record<string, string>>): string {
  const known = attrs["vcs:source"];
  if (known !== undefined) return known;
  const input = attrs["input:context"] ?? "";
  return parseGitRef(input) === undefined ? "" : input;
}

/** The folder's name, and also the Dockerfile's if that isn't `Dockerfile`. */
function pathName(
  attrs: Readonly<Record<string, string>>,
  state: LocalState | undefined,
): string {
  const usual = "/Dockerfile";
  const local = state === undefined || isUrl(state.LocalPath) ? undefined : state;
  const folder = local === undefined || local.LocalPath === "-" ? "" : slashes(local.LocalPath);
  let file = dockerfile(attrs, local);
  const isUsual = file === "" || file.endsWith(usual);
  if (file.endsWith(usual)) file = file.slice(0, -usual.length);
  if (file.startsWith(folder) && file.length > folder.length) {
    return file.slice(folder.lastIndexOf("/") + 1);
  }
  const path = file || folder;
  const slash = path.lastIndexOf("/");
  const last = path.slice(slash + 1);
  if (isUsual || path === "") return last;
  return `${baseName(slash < 0 ? path : path.slice(0, slash))}/${last}`;
}

function dockerfile(
  attrs: Readonly<Record<string, string>>,
  state: LocalState | undefined,
): string {
  const noted = state?.DockerfilePath ?? "";
  if (noted !== "" && noted !== "-" && noted !== "Dockerfile") return slashes(noted);
  const filename = attrs["filename"] ?? "";
  const name = filename === "Dockerfile" ? "" : slashes(filename);
  const folder = attrs["vcs:localdir:dockerfile"];
  if (folder === undefined || folder === ".") return name;
  return [slashes(folder).replace(/\/+$/, ""), name].filter((part) => part !== "").join("/");
}

function baseName(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1) || "/";
}

function slashes(path: string): string {
  return Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
}

function isUrl(path: string): boolean {
  return /^https?:\/\//.test(path) || parseGitRef(path) !== undefined;
}
