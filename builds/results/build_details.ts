/**
 * The link to a build in Docker Desktop. buildx ends every build with it if Docker Desktop's marker
 * is in the user's folder.
 */
import { exists } from "../../base/stat.ts";
import { homeDir } from "../../base/home.ts";
import { hyperlink, type Painted } from "../../cli/cursor.ts";
import type { Deps } from "../../cli/deps.ts";
import { causesOf } from "../../base/causes.ts";

/** The refs of failed builds, by the error that ended them. */
const failed = new WeakMap<object, string>();

/** Records the build that an error has ended. @param ref `BUILDER/NODE/REF` */
export function noteFailedBuild(error: unknown, ref: string): void {
  if (typeof error === "object" && error !== null) failed.set(error, ref);
}

/** The build that an error, or one of its causes, has ended. */
export function failedBuild(error: unknown): string | undefined {
  return causesOf(error).map((cause) => failed.get(cause)).find((ref) => ref !== undefined);
}

/**
 * The text below a run, in buildx's words; undefined without Docker Desktop, and without builds.
 * @param refs `BUILDER/NODE/REF`, by target
 */
export function buildDetails(
  refs: readonly (readonly [target: string, ref: string])[],
  { env, stderr }: Pick<Deps, "env" | "stderr">,
): Painted[] | undefined {
  if (refs.length === 0 || !hasDesktop(env)) return undefined;
  const lines = refs.map(([target, ref]): Painted[] => {
    const url = `docker-desktop://dashboard/build/${ref}`;
    const shown = stderr.isTerminal ? hyperlink(url) : [url];
    return refs.length === 1 ? shown : [`\n  ${target}: `, ...shown];
  });
  return ["\nView build details: ", ...lines.flat(), "\n"];
}

function hasDesktop(env: Deps["env"]): boolean {
  const home = homeDir(env);
  return home !== undefined && exists(`${home}/.docker/desktop-build/.lastaccess`);
}
