/** Makes the program in the form that is shipped. */
import { runFlags } from "../../scripts/compile/run_flags.ts";

const root = new URL("../..", import.meta.url).pathname;

/** The command line that starts the bundle: a file for each command, run by the same Deno. */
export async function bundle(): Promise<string[]> {
  await task("bundle");
  // As in the binary: Deno looks for newer versions of itself 0.5 s after its start.
  Deno.env.set("DENO_NO_UPDATE_CHECK", "1");
  return [Deno.execPath(), ...runFlags, `${root}dist/main.js`];
}

/** Makes the self-extracting binary in `folder`. The environment says where it unpacks itself. */
export async function binary(folder: string): Promise<string[]> {
  const path = `${folder}/fairlead`;
  await task("compile", "--self-extracting", `--output=${path}`);
  Deno.env.set("FAIRLEAD_CACHE", `${folder}/unpacked`);
  return [path];
}

async function task(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "--cwd", root, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`deno task ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
  }
}
