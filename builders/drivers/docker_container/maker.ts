/**
 * Boots, stops and removes the container of a node by the engine's API. Those of the driver
 * `docker-container` are as buildx's: either tool can use, stop and remove what the other made.
 */
import { pause } from "../../../base/async.ts";
import {
  askEngine,
  EngineError,
  type EngineRequest,
} from "../../../transports/engine/docker_engine.ts";
import type { DialContext, Env } from "../../../transports/transport.ts";
import { BuilderError } from "../../builder_error.ts";
import { CONFIG_DIR } from "../../making/config_paths.ts";
import { GITHUB_FILE, githubContext } from "../../making/github_context.ts";
import { type MakeContext, type Maker, type RemoveOptions, step } from "../../making/maker.ts";
import type { StoredNode } from "../../store/node_group.ts";
import { archiveOf } from "./archive.ts";
import { endOf, examineContainer, volumeExists } from "./examine.ts";
import { containerBody, type EngineFacts, volumeOf } from "./body.ts";
import { factsOf, hasGpus, provideImage } from "./image.ts";
import { type ContainerOptions, readContainerOptions } from "./options.ts";
import {
  ask,
  type FindContainer,
  inspect,
  type Inspected,
  type NodeContainer,
  pathOf,
  unlessGone,
} from "./node_container.ts";
import { verifiedImage } from "./verified_image.ts";
import { waitForDaemon } from "./wait.ts";

/** Milliseconds between two looks at another client's container. */
const LOOK = 40;
/** The time in ms after which another client's unstarted container counts as left behind. */
const LEFT_BEHIND = 5000;

/** @param find finds a node's container, in the engine of the driver */
export function containerMaker(driver: string, find: FindContainer): Maker {
  return {
    planForm: "json",
    check: (node) => void readContainerOptions(node, driver),

    async plan(node, context) {
      const at = await find(node, context.env);
      const facts = await factsOf(at, context).catch((): EngineFacts => {
        context.signal.throwIfAborted();
        return { usernsRemap: false, gpus: false };
      });
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
      const found = await inspect(at, context);
      if (found === undefined) return await create(at, options, context);
      requireOurs(at, found);
      await step(context, `starting container ${at.name}`, async () => {
        const end = endOf(found);
        if (end !== undefined) context.steps.log(`container ${at.name} is not running: ${end}\n`);
        // The client that created the container has died since, so files may be missing.
        if (found.State?.Status === "created") await copyFiles(at, options, context);
        await start(at, context);
        await waitForDaemon(at, context);
      });
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
      const found = await inspect(at, context);
      if (found === undefined) return;
      requireOurs(at, found);
      await ask(at, "DELETE", `${pathOf(at)}?force=1&v=1`, context).catch(unlessGone);
      if (keepState) return;
      await ask(at, "DELETE", `/volumes/${volumeOf(node)}`, context).catch(unlessGone);
    },
  };
}

/** Throws for a container of that name that no builder has made: it has no volume for the state. */
function requireOurs({ node, name, tool }: NodeContainer, { Mounts }: Inspected): void {
  if (Mounts?.some((mount) => mount.Name === volumeOf(node))) return;
  throw new BuilderError(
    `container ${name} does not belong to a builder: it has no volume of a builder`,
    {
      hint: `if it isn't needed, rename or remove it: ${tool.program} rm -f ${name}`,
    },
  );
}

async function create(
  at: NodeContainer,
  options: ContainerOptions,
  context: MakeContext,
): Promise<void> {
  // The engine is asked while the image comes.
  const facts = factsOf(at, context).catch((): EngineFacts => {
    context.signal.throwIfAborted();
    return { usernsRemap: false, gpus: false };
  });
  const hadVolume = volumeExists(at, context);
  for (const each of [facts, hadVolume]) each.catch(() => {});
  await provideImage(at, options.image, context);
  const image = await verifiedImage(at, options, context);
  const gpus = at.tool.kind === "docker" && await hasGpus(at, image, context);
  if (await hadVolume) {
    context.steps.log(
      `container ${at.name} is missing: it is created again, with its cache in the volume ` +
        `${volumeOf(at.node)}\n`,
    );
  }
  await step(context, `creating container ${at.name}`, async () => {
    const body = containerBody(at.node, { ...options, image }, { ...await facts, gpus });
    try {
      await createContainer(at, body, context);
    } catch (error) {
      if (!(error instanceof EngineError) || error.status !== 409) throw error;
      return await joinOther(at, options, context);
    }
    try {
      await copyFiles(at, options, context);
      await start(at, context);
    } catch (error) {
      await discard(at, !await hadVolume, context);
      throw error;
    }
    await waitForDaemon(at, context);
  });
}

async function createContainer(
  at: NodeContainer,
  body: ReturnType<typeof containerBody>,
  context: DialContext,
): Promise<void> {
  const path = `/containers/create?name=${encodeURIComponent(at.name)}`;
  try {
    await ask(at, "POST", path, context, body);
  } catch (error) {
    // podman's init is a separate program, which may be missing.
    if (!/container-init binary not found/.test((error as Error).message)) throw error;
    const host = { ...body["HostConfig"] as object, Init: false };
    await ask(at, "POST", path, context, { ...body, HostConfig: host });
  }
}

/** Another client is booting the same builder: its container is waited for, and started if it died. */
async function joinOther(
  at: NodeContainer,
  options: ContainerOptions,
  context: MakeContext,
): Promise<void> {
  const until = performance.now() + LEFT_BEHIND;
  while (true) {
    const found = await inspect(at, context);
    const isLate = performance.now() > until;
    // An engine reserves the name some time before it knows the container.
    if (found === undefined && isLate) throw removedMeanwhile(at);
    if (found !== undefined) {
      requireOurs(at, found);
      if (found.State?.Status !== "created") break;
      if (isLate) {
        await copyFiles(at, options, context);
        await start(at, context);
        break;
      }
    }
    await pause(LOOK, context.signal);
  }
  await waitForDaemon(at, context);
}

function removedMeanwhile({ name }: NodeContainer): BuilderError {
  return new BuilderError(`container ${name} was removed while it was booting`, {
    hint: "another program uses the same builder: run the command again",
  });
}

async function start(at: NodeContainer, context: DialContext): Promise<void> {
  await ask(at, "POST", `${pathOf(at)}/start`, context);
}

/** Removes a container that was created just now and can't be started, and a volume that came with it. */
async function discard(
  at: NodeContainer,
  hasNewVolume: boolean,
  { env, log }: DialContext,
): Promise<void> {
  // The boot may end because of Ctrl-C.
  const context = { signal: AbortSignal.timeout(5000), env, log, step: () => {} };
  await ask(at, "DELETE", `${pathOf(at)}?force=1&v=1`, context).catch(() => {});
  if (!hasNewVolume) return;
  await ask(at, "DELETE", `/volumes/${volumeOf(at.node)}`, context).catch(() => {});
}

/** The files of a node by path below the daemon's folder, with the run of GitHub Actions. */
function filesOf(
  node: StoredNode,
  { addGithub }: ContainerOptions,
  env: Env,
): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const [path, base64] of Object.entries(node.files ?? {})) {
    files[path] = Uint8Array.fromBase64(base64);
  }
  const context = addGithub ? githubContext(env) : undefined;
  if (context !== undefined) files[GITHUB_FILE] = context;
  return files;
}

/** Copies the daemon's configuration into its container, which need not run. */
async function copyFiles(
  at: NodeContainer,
  options: ContainerOptions,
  context: DialContext,
): Promise<void> {
  const files = filesOf(at.node, options, context.env);
  if (Object.keys(files).length === 0) return;
  const parent = CONFIG_DIR.slice(0, CONFIG_DIR.lastIndexOf("/"));
  const request: EngineRequest = {
    method: "PUT",
    path: `${pathOf(at)}/archive?path=${encodeURIComponent(parent)}`,
    headers: { "Content-Type": "application/x-tar" },
    body: archiveOf(files),
  };
  await askEngine(at.engine, request, context);
}
