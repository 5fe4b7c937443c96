import { statOf } from "../../base/stat.ts";
import type { PreparedBuild } from "../prepare.ts";

/** The ignore file of a context. */
export interface IgnoreFile {
  readonly path: string;
  /** Its patterns as the frontend sends them. */
  readonly patterns: readonly string[];
}

/**
 * Finds and reads the ignore file that the frontend will use for the folder `context`; undefined
 * for none. Throws when it can't be read.
 */
export function ignoreFileOf(
  { mounts, filename }: Pick<PreparedBuild["inputs"], "mounts" | "filename">,
  context: string,
): IgnoreFile | undefined {
  const own = `${mounts.get("dockerfile") ?? context}/${filename}.dockerignore`;
  const path = [own, `${context}/.dockerignore`].find((path) => statOf(path)?.isFile);
  if (path === undefined) return undefined;
  return { path, patterns: patternsOf(Deno.readTextFileSync(path)) };
}

/** Comments and blank lines are left out, paths are cleaned. */
function patternsOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const isException = line.startsWith("!");
      const path = line.slice(isException ? 1 : 0).trim().replace(/^\/+/, "").replace(/\/+$/, "");
      return `${isException ? "!" : ""}${path}`;
    });
}
