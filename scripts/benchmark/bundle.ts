/** The program as it is shipped: bundled, a file for each command, run by the same Deno. */
import { runFlags } from "../compile/run_flags.ts";

const root = new URL("../..", import.meta.url).pathname;

/** The command line that starts the bundle. */
export async function bundle(): Promise<string[]> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "--cwd", root, "bundle"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`deno task bundle failed: ${new TextDecoder().decode(stderr)}`);
  return [Deno.execPath(), ...runFlags, `${root}dist/main.js`];
}
