import { osReason } from "../../buildkit/session/os_reason.ts";
import type { DefinitionFile } from "../../bake/options.ts";
import { absolutePath } from "../build/paths.ts";
import { readText } from "../build/stdin.ts";
import type { Deps } from "../deps.ts";
import type { LocalVertex, LocalVertexes } from "../progress/local.ts";
import { UsageError } from "../usage_error.ts";
import { DEFAULT_FILES } from "./file_names.ts";

/** More than any definition, in bytes; stdin that never ends is no definition. */
const LARGEST = 64 << 20;

/**
 * Reads definition files of this machine; `-` is stdin, which is empty when it is read again. Without
 * names, the default files that are there. Throws `UsageError`.
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
        : readFile(name, deps.cwd, vertex, names.length > 0);
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
  const data = await readText(stdin, LARGEST) as Uint8Array<ArrayBuffer>;
  vertex.progress("reading from stdin", data.length);
  vertex.complete("reading from stdin");
  return data;
}

function readFile(name: string, cwd: string, vertex: LocalVertex, isNeeded: boolean) {
  try {
    const data = Deno.readFileSync(absolutePath(name, cwd));
    vertex.progress(`reading ${name}`, data.length, data.length);
    vertex.complete(`reading ${name}`);
    return data;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && !isNeeded) return undefined;
    throw new UsageError(`open ${name}: ${osReason(error)}`, hintOf(error));
  }
}

function hintOf(error: unknown): string | undefined {
  if (!(error instanceof Deno.errors.NotFound)) return undefined;
  return "-f is relative to the working folder; without it, the usual files are looked for";
}
