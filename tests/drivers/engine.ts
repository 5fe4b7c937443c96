/** fairlead, buildx and docker's program on one engine, with a store and a context of their own. */
import { type Workspace, workspace } from "../build/workspace.ts";
import { type Dockerd, type DockerdOptions, startDockerd } from "../harness/dockerd.ts";
import { need } from "../harness/tool.ts";

export interface EngineSpace extends Workspace {
  readonly engine: Dockerd;
}

/** The folder `ctx` has a Dockerfile that runs a step, and what it needs. No builder is chosen. */
export async function engineSpace(options: DockerdOptions = {}): Promise<EngineSpace> {
  const engine = await startDockerd(options);
  const space = await workspace("unix:///no/buildkitd");
  Object.assign(space.env, { DOCKER_HOST: engine.address, BUILDX_BUILDER: "" });
  Deno.removeSync(space.path(".store/instances/test"));
  space.write({
    "ctx/Dockerfile": "FROM scratch\nCOPY sh /bin/sh\nRUN echo it ran as $((40 + 2))\n",
  });
  Deno.copyFileSync(await need("busybox"), space.path("ctx/sh"));
  const dispose = space[Symbol.asyncDispose].bind(space);
  return {
    ...space,
    engine,
    async [Symbol.asyncDispose]() {
      await dispose();
      await engine.stop();
    },
  };
}

/** The text of a table or a list, independent of the columns' widths. */
export function words(text: string): string[] {
  return text.trim().split("\n").map((line) => line.trim().replace(/ +/g, " "));
}
