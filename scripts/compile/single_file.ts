/** The program as one JavaScript file, for the Deno that a system brings. */
import { check } from "../../tests/harness/run.ts";
import { commonJs, NATIVE } from "../bundle/ssh2.ts";
import { stamp } from "./stamp.ts";

const root = new URL("../..", import.meta.url).pathname;

/**
 * Writes it. It starts slower than the others (all of it is read, node's modules too), and runs
 * wherever a Deno does.
 */
export async function singleFile(output: string, revision: string): Promise<void> {
  await check(Deno.execPath(), [
    ...["bundle", "--quiet", "--minify", "--platform=deno", ...NATIVE],
    ...[`--output=${output}`, `${root}main.ts`],
  ], { cwd: root });
  const text = stamp(commonJs(await Deno.readTextFile(output)), revision);
  if (text === undefined) throw new Error("version.ts is not in the bundle");
  const start = "#!/usr/bin/env -S deno run -A --quiet --no-config --no-lock\n";
  await Deno.writeTextFile(output, start + text);
  await Deno.chmod(output, 0o755);
}
