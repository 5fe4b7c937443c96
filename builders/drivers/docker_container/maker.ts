/**
 * Boots, stops and removes the container of a node by the engine's API. Those of the driver
 * `docker-container` are as buildx's: either tool can use, stop and remove what the other made.
 */
import { BuilderError } from "../../builder_error.ts";
import { CONFIG_DIR } from "../../making/config_paths.ts";
import { type Maker, type RemoveOptions, step } from "../../making/maker.ts";
import { containerBody } from "./body.ts";
import { copyFiles, create, filesOf, requireOurs, start } from "./create.ts";
import { endOf, examineContainer } from "./examine.ts";
import { removeProbes, unstartedProbes } from "./gpu_probe.ts";
import { factsOf, infoOf } from "./image.ts";
import { volumeOf } from "./names.ts";
import {
  ask,
  type FindContainer,
  inDocker,
  inPodman,
  inspect,
  type NodeContainer,
  pathOf,
  statusOf,
  unlessGone,
} from "./node_container.ts";
import { readContainerOptions } from "./options.ts";
import { withRemedy } from "./remedy.ts";
import { waitForDaemon } from "./wait.ts";

/** Makes containers of Docker engines. */
export const dockerMaker = containerMaker("docker-container", inDocker);
/** Makes containers of podman. */
export const podmanMaker = containerMaker("podman-container", inPodman);

/** @param find finds a node's container, in the engine of the driver */
function containerMaker(driver: string, find: FindContainer): Maker {
  return {
    planForm: "json",
    check: (node) => void readContainerOptions(node, driver),

    async plan(node, context) {
      const at = await find(node, context.env);
      const facts = factsOf(at, await infoOf(at, context), context.env);
      const body = containerBody(node, readContainerOptions(node), facts);
      return [{
        engine: at.engine.host,
        container: { Name: at.name, ...body },
        volume: { Name: volumeOf(node) },
        files: Object.keys(filesOf(node, readContainerOptions(node), context.env))
          .map((path) => `${CONFIG_DIR}/${path}`),
      }];
    },

    async boot(node, context) {
      const options = readContainerOptions(node);
      const at = await find(node, context.env);
      const [found, probes] = await Promise.all([
        inspect(at, context),
        unstartedProbes(at, context),
      ]);
      void removeProbes(at, probes, context);
      if (found === undefined) return await create(at, options, context);
      requireOurs(at, found);
      if (found.State?.Status === "paused") throw paused(at);
      const isGone = await step(context, `starting container ${at.name}`, async () => {
        const end = await endOf(at, found, context);
        if (end !== undefined) context.steps.log(`container ${at.name} is not running: ${end}\n`);
        try {
          // The client that created the container has died since, so files may be missing.
          if (found.State?.Status === "created") await copyFiles(at, options, context);
          await start(at, context);
        } catch (error) {
          if (statusOf(error) !== 404) throw withRemedy(error, at.tool);
          return true;
        }
        await waitForDaemon(at, "now", context);
        return false;
      });
      // Another client has removed it meanwhile.
      if (isGone) await create(at, options, context);
    },

    async examine(node, context) {
      return await examineContainer(await find(node, context.env), context);
    },

    async stop(node, context) {
      const at = await find(node, context.env);
      const found = await inspect(at, context);
      if (found === undefined) return;
      requireOurs(at, found);
      if (found.State?.Running) await ask(at, "POST", `${pathOf(at)}/stop`, context);
    },

    async remove(node, { keepState }: RemoveOptions, context) {
      const at = await find(node, context.env);
      const [found, probes] = await Promise.all([
        inspect(at, context),
        unstartedProbes(at, context),
      ]);
      await removeProbes(at, probes, context);
      if (found !== undefined) {
        requireOurs(at, found);
        await ask(at, "DELETE", `${pathOf(at)}?force=1&v=1`, context).catch(unlessGone);
      }
      if (keepState) return;
      await ask(at, "DELETE", `/volumes/${volumeOf(node)}`, context).catch(unlessGone);
    },
  };
}

/** Somebody has paused it on purpose, so no client goes on with it. */
function paused({ name, tool }: NodeContainer): BuilderError {
  return new BuilderError(`container ${name} is paused`, {
    hint: `resume it: ${tool.program} unpause ${name}`,
  });
}
