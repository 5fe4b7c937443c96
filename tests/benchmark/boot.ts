/** The boot of a daemon in a container of a Docker engine, up to its first answer. */
import { startRegistry } from "../harness/registry.ts";
import { need } from "../harness/tool.ts";
import { engineSpace, importDaemonImage } from "../drivers/engine.ts";
import type { Bench, SetUp } from "./cases.ts";

const container = "buildx_buildkit_bench0";

/** Each run makes the container and its volume. The image is in the engine and in a registry. */
export async function bootCase({ fairlead }: Pick<Bench, "fairlead">): Promise<SetUp> {
  const buildx = await need("buildx");
  const space = await engineSpace({ init: true });
  const registry = await startRegistry();
  const image = `${registry.host}/daemon:1`;
  await space.engine.docker("tag", await importDaemonImage(space), image);
  await space.engine.docker("push", image);
  const options = `image=${image},network=host`;
  await space.buildx(["create", "--name=bench", "--driver-opt", options]);
  const boot = ["inspect", "--bootstrap", "bench"];
  return {
    env: space.env,
    commands: { fairlead: [...fairlead, ...boot], buildx: [buildx, ...boot] },
    async before() {
      await space.engine.docker("rm", "--force", "--volumes", container).catch(() => {});
      await space.engine.docker("volume", "rm", "--force", `${container}_state`);
    },
    async end() {
      await registry[Symbol.asyncDispose]();
      await space[Symbol.asyncDispose]();
    },
  };
}
