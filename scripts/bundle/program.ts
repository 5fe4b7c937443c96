/** The program's bundles: a folder for the binaries, or one file for the user's own Deno. */
import type { OutputOptions, Plugin } from "rolldown";
import { chunks } from "./chunks.ts";
import { bundle } from "./rolldown.ts";

const root = new URL("../..", import.meta.url).pathname;
const entry = `${root}main.ts`;

/** Bundles into a folder: a file for each command, and files for code that some commands share. */
export async function bundleFolder(dir: string, revision = ""): Promise<void> {
  const { plugin, groups, isNamed } = chunks(root);
  const output: OutputOptions = {
    dir,
    codeSplitting: { groups },
    chunkFileNames: (chunk) => isNamed(chunk) ? "[name].js" : "[name]-[hash].js",
  };
  await Deno.remove(dir, { recursive: true }).catch(() => {});
  await bundle({ entry, output, plugins: [plugin, stamp(revision)] });
}

/**
 * Bundles into one file for the Deno that a system brings. It starts slower than the other forms,
 * because Deno reads all of it and node's modules.
 */
export async function bundleFile(file: string, revision: string): Promise<void> {
  await bundle({ entry, output: { file, codeSplitting: false }, plugins: [stamp(revision)] });
  const start = "#!/usr/bin/env -S deno run -A --quiet --no-config --no-lock\n";
  await Deno.writeTextFile(file, start + await Deno.readTextFile(file));
  await Deno.chmod(file, 0o755);
}

/** Puts the commit's hash into `version.ts`. */
function stamp(revision: string): Plugin {
  return {
    name: "stamp",
    transform(code, id) {
      if (id !== `${root}version.ts`) return;
      const stamped = code.replace('revision: ""', `revision: ${JSON.stringify(revision)}`);
      if (stamped === code && revision !== "") throw new Error(`${id} has no revision: ""`);
      return stamped;
    },
  };
}
