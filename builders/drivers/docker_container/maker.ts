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
  inDocker,
  inPodman,
  inspect,
  type Inspected,
  type NodeContainer,
  pathOf,
  unlessGone,
} from "./node_container.ts";
import { remedyFor } from "./remedy.ts";
import { verifiedImage } from "./verified_image.ts";
import { waitForDaemon } from "./wait.ts";

/** Milliseconds between two looks at another client's container. */
const LOOK = 40;
/** The time in ms after which another client's unstarted container counts as left behind. */
const LEFT_BEHIND = 5000;

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
      const facts = await factsOf(at, context);
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
      if (found.State?.Status === "paused") throw paused(at);
      const isGone = await step(context, `starting container ${at.name}`, async () => {
        const end = await endOf(at, found, context);
        if (end !== undefined) context.steps.log(`container ${at.name} is not running: ${end}\n`);
        try {
          // The client that created the container has died since, so files may be missing.
          if (found.State?.Status === "created") await copyFiles(at, options, context);
          await start(at, context);
        } catch (error) {
          unlessGone(withRemedy(error, at));
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
  const probe = async (image: string) =>
    at.tool.kind === "docker" && await hasGpus(at, image, context);
  // The engine is asked while the image comes. An image that has to be verified doesn't run before.
  const isTrusted = context.verifyImage === undefined || options.allowUntrusted;
  const pulled = provideImage(at, options.image, context);
  const early = isTrusted ? probe(options.image) : Promise.resolve(undefined);
  let probed: Promise<unknown> = early;
  try {
    const hadVolume = volumeExists(at, context);
    const facts = factsOf(at, context);
    for (const each of [facts, hadVolume]) each.catch(() => {});
    await pulled;
    const image = await verifiedImage(at, options, context);
    const gpus = early.then(async (found) => found ?? await probe(image) ?? false);
    probed = gpus;
    if (await hadVolume) {
      context.steps.log(
        `container ${at.name} is missing: it is created again, with its cache in the volume ` +
          `${volumeOf(at.node)}\n`,
      );
    }
    const asked = { facts, gpus, hadVolume: await hadVolume };
    await step(
      context,
      `creating container ${at.name}`,
      () => createAndStart(at, { ...options, image }, asked, context),
    );
  } finally {
    // The probe removes its container.
    await probed;
  }
}

/** The engine's answers on which a container depends. */
interface Asked {
  readonly facts: Promise<EngineFacts>;
  readonly gpus: Promise<boolean>;
  readonly hadVolume: boolean;
}

async function createAndStart(
  at: NodeContainer,
  options: ContainerOptions,
  { facts, gpus, hadVolume }: Asked,
  context: MakeContext,
): Promise<void> {
  const body = async (gpus: boolean) => containerBody(at.node, options, { ...await facts, gpus });
  try {
    // Most engines have no GPUs, and finding that out takes as long as a start.
    await createContainer(at, await body(false), context);
  } catch (error) {
    if (!(error instanceof EngineError) || error.status !== 409) throw withRemedy(error, at);
    return await joinOther(at, options, context);
  }
  try {
    const hasGpus = await gpus;
    context.signal.throwIfAborted();
    if (!hasGpus || await removeUnstarted(at, context)) {
      if (hasGpus) await createContainer(at, await body(true), context);
      await copyFiles(at, options, context);
      await start(at, context);
    }
  } catch (error) {
    await discard(at, !hadVolume, context);
    throw withRemedy(error, at);
  }
  await waitForDaemon(at, "start", context);
}

/** An engine's refusal with a known remedy. */
function withRemedy(error: unknown, { tool }: NodeContainer): unknown {
  const hint = error instanceof EngineError ? remedyFor(error.message, tool) : undefined;
  return hint === undefined
    ? error
    : new BuilderError((error as Error).message, { hint, cause: error });
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
  await waitForDaemon(at, "start", context);
}

/** Somebody has paused it on purpose, so no client goes on with it. */
function paused({ name, tool }: NodeContainer): BuilderError {
  return new BuilderError(`container ${name} is paused`, {
    hint: `resume it: ${tool.program} unpause ${name}`,
  });
}

function removedMeanwhile({ name }: NodeContainer): BuilderError {
  return new BuilderError(`container ${name} was removed while it was booting`, {
    hint: "another program uses the same builder: run the command again",
  });
}

async function start(at: NodeContainer, context: DialContext): Promise<void> {
  await ask(at, "POST", `${pathOf(at)}/start`, context);
}

/** Removes a container; false if another client has started it meanwhile. */
async function removeUnstarted(at: NodeContainer, context: DialContext): Promise<boolean> {
  try {
    await ask(at, "DELETE", pathOf(at), context);
  } catch (error) {
    if (error instanceof EngineError && error.status === 409) return false;
    throw error;
  }
  return true;
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
