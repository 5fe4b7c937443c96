/** The program as it is shipped: bundled, a file for each command, run by the same Deno. */

const root = new URL("../..", import.meta.url).pathname;

/**
 * Functions are compiled when their file is, not when they are first called: so the code cache holds
 * them all, and a build's first calls wait for no compiler (8 ms of a cached build).
 */
const V8_FLAGS = "--v8-flags=--no-lazy";

/** The command line that starts the bundle. */
export async function bundle(): Promise<string[]> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "--cwd", root, "bundle"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`deno task bundle failed: ${new TextDecoder().decode(stderr)}`);
  return [
    Deno.execPath(),
    ...["run", "-A", "--no-config", "--no-lock", "--quiet", V8_FLAGS, `${root}dist/main.js`],
  ];
}
