/** A folder with a context for one test, and the checks after its build. */
import assert from "node:assert/strict";
import { entriesOf, isTemporary, openBelow } from "./leftovers.ts";
import { type Ended, errorLines, type ProgramOptions, runFairlead } from "../harness/inside.ts";
import { removeFolder } from "../harness/remove_folder.ts";
import { denoDir } from "../harness/fairlead.ts";

export interface Workbench {
  readonly folder: string;
  readonly context: string;
  build(args: readonly string[], options: BuildOptions): Promise<Ended>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The environment of the program as a process of its own. */
export function processEnv({ folder }: Workbench, host: string): Record<string, string> {
  return { HOME: folder, DENO_DIR: denoDir, BUILDKIT_HOST: host };
}

export type BuildOptions =
  & Pick<ProgramOptions, "host">
  & Partial<Pick<ProgramOptions, "signal" | "onStderr">>;

/** @param files content by path in the context */
export async function makeWorkbench(
  files: Record<string, string | Uint8Array>,
): Promise<Workbench> {
  const folder = await Deno.makeTempDir({ prefix: "fl-bad-" });
  const context = `${folder}/context`;
  await Deno.mkdir(context);
  for (const [path, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${context}/${path}`, bytes);
  }
  return {
    folder,
    context,
    async build(args, options) {
      const ended = await runFairlead({
        ...options,
        args: ["build", ...args, context],
        home: folder,
        cwd: folder,
      });
      assert.deepEqual(openBelow(folder), [], "files were left open");
      assert.deepEqual(entriesOf(folder).filter(isTemporary), [], ended.stderr);
      return ended;
    },
    [Symbol.asyncDispose]: () => removeFolder(folder),
  };
}

/** One message, without a stack, and exit code 1. */
export function checkError(ended: Ended, message: RegExp, code = 1): void {
  assert.equal(ended.code, code, ended.stderr);
  assert.equal(errorLines(ended).length, 1, ended.stderr);
  assert.match(errorLines(ended)[0]!, message);
  assert.doesNotMatch(ended.stderr, /^\s+at \S+ |is a bug/m, ended.stderr);
}
