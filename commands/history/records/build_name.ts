import { parseGitRef, shortGitRef } from "./git_ref.ts";
import type { LocalState } from "./local_state.ts";

/**
 * What a build is called in lists: the name it was given, else what its context and Dockerfile are
 * called, with the target in parentheses. These are buildx's rules, which records made by either
 * program follow; paths are shown with slashes.
 *
 * @param attrs the build's frontend attributes
 * @param state what this machine noted when it started the build, if it did
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

/** The folder's name; of a Dockerfile that isn't called so, its own with its folder's. */
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
