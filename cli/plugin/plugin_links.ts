/**
 * The links by which docker finds us: `docker-NAME` in `cli-plugins/`, in the folder of its
 * config.json. Installing a link moves another plugin of that name aside, and removing the link
 * puts it back.
 */
import { dockerConfigDir } from "../../builders/store/config_dir.ts";
import { osReason } from "../../base/os_reason.ts";
import type { Env } from "../../transports/transport.ts";
import { absolutePath } from "../../base/paths.ts";
import { UsageError } from "../../base/usage_error.ts";

/** Where a plugin's link is. */
export interface PluginLink {
  readonly path: string;
  /** The plugin that stood there before. */
  readonly kept: string;
}

const windows = Deno.build.os === "windows";

/** @param name the plugin's name in docker: `buildx`. Throws `UsageError` without a home folder. */
export function pluginLink(env: Env, name: string): PluginLink {
  const config = dockerConfigDir(env);
  if (config === undefined) {
    throw new UsageError(
      "docker's folder is unknown: there is no home folder",
      "set DOCKER_CONFIG",
    );
  }
  const path = `${config}/cli-plugins/docker-${name}${windows ? ".exe" : ""}`;
  return { path, kept: `${config}/cli-plugins/before-fairlead.docker-${name}` };
}

/** The path of this program, which a link must lead to. Throws `UsageError` if it isn't known. */
export function ownProgram(env: Env): string {
  if (Deno.build.standalone) return Deno.realPathSync(Deno.execPath());
  const named = env("FAIRLEAD_PROGRAM");
  // If docker calls the program, it starts one of fairlead's links: resolve the link.
  if (named) {
    return named.includes("/cli-plugins/") ? Deno.realPathSync(named) : absolutePath(named, "/");
  }
  throw new UsageError(
    "the path of this program is not known, so docker can't be given it",
    "start fairlead by its program, or by scripts/fairlead, and not by deno",
  );
}

/** The kind of file at the path of a link. */
export function whatIsAt(path: string, program: string): "nothing" | "ours" | "another" {
  try {
    Deno.lstatSync(path);
    return sameFile(path, program) ? "ours" : "another";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "nothing";
    throw new Error(`cannot look at ${path}: ${osReason(error)}`, { cause: error });
  }
}

/** Makes a link, and moves aside a file that stands there. */
export function makeLink({ path, kept }: PluginLink, program: string): void {
  try {
    Deno.mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
    if (whatIsAt(path, program) !== "nothing") Deno.renameSync(path, kept);
    // Links need rights on Windows that users don't have.
    if (windows) Deno.copyFileSync(program, path);
    else Deno.symlinkSync(program, path);
  } catch (error) {
    throw new Error(`cannot make ${path}: ${osReason(error)}`, { cause: error });
  }
}

/** Removes a link, and puts back the plugin that stood there. Returns whether there was one. */
export function removeLink({ path, kept }: PluginLink): boolean {
  try {
    Deno.removeSync(path);
    if (whatIsAt(kept, path) === "nothing") return false;
    Deno.renameSync(kept, path);
    return true;
  } catch (error) {
    throw new Error(`cannot remove ${path}: ${osReason(error)}`, { cause: error });
  }
}

function sameFile(path: string, program: string): boolean {
  try {
    if (windows) return Deno.statSync(path).size === Deno.statSync(program).size;
    return Deno.realPathSync(path) === Deno.realPathSync(program);
  } catch {
    // The link leads to a program that is gone.
    return false;
  }
}
