/** docker's real client, with fairlead or the peer in its plugin folder. */
import { type Workspace, workspace } from "../build/workspace.ts";
import { type Ran, run } from "../harness/run.ts";
import { need } from "../harness/tool.ts";

/** `fairlead install` requires it. */
export const program = new URL("../../scripts/fairlead", import.meta.url).pathname;

export interface PluginWorld extends AsyncDisposable {
  readonly space: Workspace;
  /** The environment of child processes: a store of their own, and a PATH with our Deno. */
  readonly env: Record<string, string>;
  /** The folder in which `fairlead install` makes its links. */
  readonly plugins: string;
  /** Runs scripts/fairlead. */
  fairlead(...args: string[]): Promise<Ran>;
  /** Runs docker, whose `buildx` is the peer. */
  dockerWithBuildx(...args: string[]): Promise<Ran>;
  /** Runs docker; its plugins are what `fairlead install` made. */
  docker(...args: string[]): Promise<Ran>;
}

/** @param address the daemon's */
export async function pluginWorld(address: string): Promise<PluginWorld> {
  const space = await workspace(address);
  const folder = Deno.execPath().replace(/\/[^/]*$/, "");
  const env = { ...space.env, PATH: `${folder}:${Deno.env.get("PATH")}`, DOCKER_CONTEXT: "" };
  const options = { cwd: space.dir, env };
  const peers = space.path("peers");
  Deno.mkdirSync(`${peers}/cli-plugins`, { recursive: true });
  Deno.symlinkSync(await need("buildx"), `${peers}/cli-plugins/docker-buildx`);
  const docker = await need("docker");
  return {
    ...{ space, env, plugins: `${space.env.DOCKER_CONFIG}/cli-plugins` },
    fairlead: (...args) => run(program, args, options),
    dockerWithBuildx: (...args) =>
      run(docker, args, { ...options, env: { ...env, DOCKER_CONFIG: peers } }),
    docker: (...args) => run(docker, args, options),
    [Symbol.asyncDispose]: () => space[Symbol.asyncDispose](),
  };
}
