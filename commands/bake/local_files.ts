import { osReason } from "../../base/os_reason.ts";
import type { DefinitionFile } from "../../bake/options.ts";
import { absolutePath } from "../../base/paths.ts";
import { readWhole } from "../../builds/inputs/stdin.ts";
import type { Deps } from "../../cli/deps.ts";
import type { LocalVertex, LocalVertexes } from "../../progress/local.ts";
import { UsageError } from "../../base/usage_error.ts";
import { DEFAULT_FILES } from "./file_names.ts";

/** More than any definition needs, in bytes, so that an endless file ends. */
const LARGEST = 64 << 20;

/**
 * Reads definition files of this machine. `-` is stdin, which is empty the second time. Without
 * names, the default files are read if they exist. Throws `UsageError`.
 */
export async function readLocalFiles(
  names: readonly string[],
  { deps, local, fromEnv }: {
    readonly deps: Pick<Deps, "cwd" | "stdin">;
    readonly local: LocalVertexes;
    readonly fromEnv: boolean;
  },
): Promise<DefinitionFile[]> {
  const from = fromEnv ? " from BUILDX_BAKE_FILE env" : "";
  const vertex = local.start(`[internal] load local bake definitions${from}`);
  try {
    const files: DefinitionFile[] = [];
    for (const name of names.length > 0 ? names : DEFAULT_FILES) {
      const data = name === "-"
        ? await readStdin(deps, vertex)
        : await readFile(name, deps.cwd, vertex, names.length > 0);
      if (data) files.push({ name, data });
    }
    vertex.done();
    return files;
  } catch (error) {
    vertex.fail(error);
    throw error;
  }
}

async function readStdin({ stdin }: Pick<Deps, "stdin">, vertex: LocalVertex) {
  const data = new Uint8Array(await readWhole(stdin, LARGEST));
  vertex.progress("reading from stdin", data.length);
  vertex.complete("reading from stdin");
  return data;
}

/** Undefined for a missing file that is not needed. The file may be a pipe (`-f <(…)`). */
async function readFile(name: string, cwd: string, vertex: LocalVertex, isNeeded: boolean) {
  try {
    using file = await Deno.open(absolutePath(name, cwd));
    const data = new Uint8Array(await readWhole(file, LARGEST, name));
    vertex.progress(`reading ${name}`, data.length, data.length);
    vertex.complete(`reading ${name}`);
    return data;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && !isNeeded) return undefined;
    if (!isOfSystem(error)) throw error;
    throw new UsageError(`open ${name}: ${osReason(error)}`, hintOf(error));
  }
}

/** Whether the system refused the file: our own errors are plain. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && error.constructor !== Error;
}

function hintOf(error: unknown): string | undefined {
  if (!(error instanceof Deno.errors.NotFound)) return undefined;
  return "-f is relative to the working folder; without -f, bake looks for its usual files";
}
