/** fairlead, buildx and docker's program on one engine, with a store and a context of their own. */
import {
  type Workspace,
  workspaceWithoutBuilder,
  writeRunningContext,
} from "../build/workspace.ts";
import {
  type Dockerd,
  type DockerdOptions,
  dockerEngine,
  type Engine,
  startDockerd,
} from "../harness/dockerd.ts";
import { needsRoot } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { dockerEngineOf, importDaemon } from "../transports/containers.ts";

export interface EngineSpace extends Workspace {
  readonly engine: Dockerd;
}

/** The reason why no builder can run in an engine's containers here; undefined if it can. */
export async function engineMissing(engine?: Engine): Promise<string | undefined> {
  return needsRoot() ??
    await missing("containerd", "runc", "busybox", "buildkitd", "buildctl", "buildx") ??
    (await dockerEngine(engine)).reason;
}

/** The folder `ctx` has a Dockerfile that runs a step, and what it needs. No builder is chosen. */
export async function engineSpace(options: DockerdOptions = {}): Promise<EngineSpace> {
  const engine = await startDockerd(options);
  const space = await workspaceWithoutBuilder({ DOCKER_HOST: engine.address });
  await writeRunningContext(space);
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

/** An image that starts buildkitd, as the one that buildx takes by default. */
export function importDaemonImage({ engine }: EngineSpace): Promise<string> {
  return importDaemon(dockerEngineOf(engine));
}

/** The text of a table or a list, independent of the columns' widths. */
export function words(text: string): string[] {
  return text.trim().split("\n").map((line) => line.trim().replace(/ +/g, " "));
}
