/** The program as one JavaScript file, for the Deno that a system brings. */
import { bundleFile } from "../bundle/program.ts";

/**
 * Writes it. It starts slower than the others (all of it is read, node's modules too), and runs
 * wherever a Deno does.
 */
export async function singleFile(output: string, revision: string): Promise<void> {
  await bundleFile(output, revision);
  const start = "#!/usr/bin/env -S deno run -A --quiet --no-config --no-lock\n";
  await Deno.writeTextFile(output, start + await Deno.readTextFile(output));
  await Deno.chmod(output, 0o755);
}
