/**
 * The frontend reads a Dockerfile with its own ignore file, if it has one, and then asks for the
 * context's `.dockerignore`, which takes two round trips. A Dockerfile without an ignore file of its
 * own therefore gets the context's, in the same transfer.
 */
import type { BuildInputs } from "./build_inputs.ts";

const SUFFIX = ".dockerignore";
/** An ignore file that hides nothing. The frontend may take an empty one for a missing one. */
const NOTHING = "#\n";
/** Bytes of an ignore file, and of its lines: the frontend refuses lines of 64 KiB. */
const [LARGEST, LONGEST] = [1 << 20, 60_000];

/**
 * The content of a missing `NAME.dockerignore` in the folder of the Dockerfile `NAME`; undefined for
 * any other file, and where the frontend is to read the context's own.
 * @param readers the builds that share that folder
 */
export function ignoreFile(
  readers: readonly Pick<BuildInputs, "mounts" | "filename">[],
  name: string,
): Uint8Array | undefined {
  const builds = readers.filter(({ filename }) => `${filename}${SUFFIX}` === name);
  const [context, ...others] = new Set(builds.map(({ mounts }) => mounts.get("context")));
  const folder = builds[0]?.mounts.get("dockerfile");
  if (context === undefined || others.length > 0 || folder === undefined) return undefined;
  if (kindOf(`${folder}/${name}`) !== "none") return undefined;
  const path = `${context}/${SUFFIX}`;
  const kind = kindOf(path);
  if (kind === "other") return undefined;
  try {
    const content = kind === "file" ? Deno.readFileSync(path) : new Uint8Array();
    if (content.length === 0) return new TextEncoder().encode(NOTHING);
    return content.length <= LARGEST && hasShortLines(content) ? content : undefined;
  } catch {
    return undefined; // The frontend's own request finds the reason, and reports it.
  }
}

function kindOf(path: string): "none" | "file" | "other" {
  try {
    return Deno.lstatSync(path).isFile ? "file" : "other";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "none" : "other";
  }
}

function hasShortLines(content: Uint8Array): boolean {
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(0x0a, at);
    if ((end < 0 ? content.length : end) - at > LONGEST) return false;
    if (end < 0) break;
    at = end + 1;
  }
  return true;
}
