/**
 * The frontend reads a Dockerfile with its own ignore file, if it has one, and then asks for the
 * context's `.dockerignore`, which takes two round trips. A Dockerfile without an ignore file of its
 * own therefore gets the context's, in the same transfer. A build that may not read its context is
 * left alone: its provenance names the context only because `.dockerignore` was read from it.
 */
import type { PreparedBuild } from "../prepare.ts";
import { readsContext } from "./reads_context.ts";

/** As much of a build as says which ignore file it has. */
export interface Reader {
  readonly inputs: Pick<PreparedBuild["inputs"], "mounts" | "filename" | "attrs">;
  readonly options: Pick<PreparedBuild["options"], "target">;
}

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
  readers: readonly Reader[],
  name: string,
): Uint8Array | undefined {
  const builds = readers.filter(({ inputs }) => `${inputs.filename}${SUFFIX}` === name);
  const [context, ...others] = new Set(builds.map(({ inputs }) => inputs.mounts.get("context")));
  const folder = builds[0]?.inputs.mounts.get("dockerfile");
  if (context === undefined || others.length > 0 || folder === undefined) return undefined;
  // A named context may replace the main one.
  if (builds.some(({ inputs }) => inputs.attrs["context:context"] !== undefined)) return undefined;
  if (kindOf(`${folder}/${name}`) !== "none") return undefined;
  const path = `${context}/${SUFFIX}`;
  const kind = kindOf(path);
  if (kind === "other") return undefined;
  try {
    const dockerfile = Deno.readTextFileSync(`${folder}/${name.slice(0, -SUFFIX.length)}`);
    if (!builds.every(({ options }) => readsContext(dockerfile, options.target ?? ""))) {
      return undefined;
    }
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
