/** The program's surroundings in which it finds the sample plugins, and nothing of the user's. */
import { denoDir } from "../harness/fairlead.ts";
import { need } from "../harness/tool.ts";
import { examples } from "./zoo.ts";

/** The samples may be anybody's and in anybody's folder where the tests run; here they are ours. */
export async function copyExamples(folder: string): Promise<void> {
  for (const { name } of Deno.readDirSync(examples)) {
    const text = await Deno.readTextFile(examples + name);
    await Deno.writeTextFile(`${folder}/${name}`, text);
    await Deno.chmod(`${folder}/${name}`, text.startsWith("#!") ? 0o755 : 0o644);
  }
}

/**
 * The environment of the program: `buildctl` for the shell's sample, and no setting of the user's.
 */
export async function environment(folder: string): Promise<Record<string, string>> {
  const buildctl = await need("buildctl");
  const tools = buildctl.slice(0, buildctl.lastIndexOf("/"));
  return {
    FAIRLEAD_PLUGIN_PATH: folder,
    PATH: `${tools}:/usr/local/bin:/usr/bin:/bin`,
    BUILDX_CONFIG: `${folder}/config`,
    DOCKER_CONFIG: `${folder}/config`,
    XDG_DATA_HOME: `${folder}/data`,
    XDG_CACHE_HOME: `${folder}/cache`,
    // Deno's own cache must not follow XDG_CACHE_HOME.
    DENO_DIR: denoDir,
  };
}
