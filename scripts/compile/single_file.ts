/** The program as one JavaScript file, for the Deno that a system brings. */
import { bundleFile } from "../bundle/program.ts";

/**
 * Writes the file. It starts slower than the other forms, because Deno reads all of it and node's
 * modules. It runs wherever Deno runs.
 */
export async function singleFile(output: string, revision: string): Promise<void> {
  await bundleFile(output, revision);
  const start = "#!/usr/bin/env -S deno run -A --quiet --no-config --no-lock\n";
  await Deno.writeTextFile(output, start + await Deno.readTextFile(output));
  await Deno.chmod(output, 0o755);
}
