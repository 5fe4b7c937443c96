/** Creates a node's container with its image and files, and starts it. */
import { graceAfter, onAbort, pause } from "../../../base/async.ts";
import { askEngine, type EngineRequest } from "../../../transports/engine/docker_engine.ts";
import type { DialContext, Env } from "../../../transports/transport.ts";
import { BuilderError } from "../../builder_error.ts";
import { CONFIG_DIR } from "../../making/config_paths.ts";
import { GITHUB_FILE, githubContext } from "../../making/github_context.ts";
import { type MakeContext, step } from "../../making/maker.ts";
import type { StoredNode } from "../../store/node_group.ts";
import { archiveOf } from "./archive.ts";
import { containerBody, type EngineFacts } from "./body.ts";
import { volumeExists } from "./examine.ts";
import { hasGpus } from "./gpu_probe.ts";
import { factsOf, infoOf, provideImage } from "./image.ts";
import { volumeOf } from "./names.ts";
import {
  ask,
  GRACE,
  inspect,
  type Inspected,
  type NodeContainer,
  pathOf,
  statusOf,
  unlessGone,
} from "./node_container.ts";
import type { ContainerOptions } from "./options.ts";
import { withRemedy } from "./remedy.ts";
import { verifiedImage } from "./verified_image.ts";
import { waitForDaemon } from "./wait.ts";

/** Milliseconds between two looks at another client's container. */
const LOOK = 40;
/** The time in ms after which another client's unstarted container counts as left behind. */
const LEFT_BEHIND = 5000;

/** Throws for a container of that name that no builder has made: it has no volume for the state. */
export function requireOurs({ node, name, tool }: NodeContainer, { Mounts }: Inspected): void {
  if (Mounts?.some((mount) => mount.Name === volumeOf(node))) return;
  throw new BuilderError(
    `container ${name} does not belong to a builder: it has no volume of a builder`,
    {
      hint: `if it isn't needed, rename or remove it: ${tool.program} rm -f ${name}`,
    },
  );
}

export async function create(
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
    const info = infoOf(at, context);
    for (const each of [info, hadVolume]) each.catch(() => {});
    await pulled;
    const image = await verifiedImage(at, options, info, context);
    const gpus = early.then(async (found) => found ?? await probe(image) ?? false);
    probed = gpus;
    if (await hadVolume) {
      context.steps.log(
        `container ${at.name} is missing: it is created again, with its cache in the volume ` +
          `${volumeOf(at.node)}\n`,
      );
    }
    const facts = factsOf(at, await info, context.env);
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
  readonly facts: EngineFacts;
  readonly gpus: Promise<boolean>;
  readonly hadVolume: boolean;
}

async function createAndStart(
  at: NodeContainer,
  options: ContainerOptions,
  { facts, gpus, hadVolume }: Asked,
  context: MakeContext,
): Promise<void> {
  const body = (gpus: boolean) => containerBody(at.node, options, { ...facts, gpus });
  // A request that is cut off may create the container all the same.
  const patient = { ...context, signal: graceAfter(context.signal, GRACE) };
  using unfinished = onAbort(context.signal, () => tellUnfinished(at, !hadVolume, context));
  try {
    // Most engines have no GPUs, and finding that out takes as long as a start.
    await createContainer(at, body(false), patient);
  } catch (error) {
    if (statusOf(error) !== 409) throw withRemedy(error, at.tool);
    unfinished[Symbol.dispose]();
    return await joinOther(at, options, context);
  }
  try {
    const hasGpus = await gpus;
    context.signal.throwIfAborted();
    if (!hasGpus || await removeUnstarted(at, context)) {
      if (hasGpus) await createContainer(at, body(true), patient);
      await copyFiles(at, options, context);
      await start(at, context);
    }
  } catch (error) {
    await discard(at, !hadVolume, context);
    throw withRemedy(error, at.tool);
  }
  unfinished[Symbol.dispose]();
  await waitForDaemon(at, "start", context);
}

/**
 * Names what is removed after Ctrl-C, in case that the user or the engine cuts the removal short.
 */
function tellUnfinished(
  { name, node, tool: { program } }: NodeContainer,
  hasNewVolume: boolean,
  { steps }: MakeContext,
): void {
  steps.log(
    `removing container ${name}, which is unfinished; if it stays: ${program} rm -f ${name}` +
      `${hasNewVolume ? `; ${program} volume rm ${volumeOf(node)}` : ""}\n`,
  );
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

/**
 * Another client is booting the same builder: its container is waited for, and started if it died.
 */
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

function removedMeanwhile({ name }: NodeContainer): BuilderError {
  return new BuilderError(`container ${name} was removed while it was booting`, {
    hint: "another program uses the same builder: run the command again",
  });
}

export async function start(at: NodeContainer, context: DialContext): Promise<void> {
  await ask(at, "POST", `${pathOf(at)}/start`, context);
}

/** Removes a container; false if another client has started it meanwhile. */
async function removeUnstarted(at: NodeContainer, context: DialContext): Promise<boolean> {
  try {
    await ask(at, "DELETE", pathOf(at), context);
  } catch (error) {
    if (statusOf(error) === 409) return false;
    throw error;
  }
  return true;
}

/**
 * Removes a container that was created just now and can't be started, and a volume that came with
 * it.
 */
async function discard(
  at: NodeContainer,
  hasNewVolume: boolean,
  context: MakeContext,
): Promise<void> {
  // The boot may end because of Ctrl-C.
  const own = { ...context, step: () => {}, signal: AbortSignal.timeout(GRACE) };
  try {
    await ask(at, "DELETE", `${pathOf(at)}?force=1&v=1`, own).catch(unlessGone);
    if (hasNewVolume) {
      await ask(at, "DELETE", `/volumes/${volumeOf(at.node)}`, own).catch(unlessGone);
    }
  } catch {
    if (!context.signal.aborted) tellUnfinished(at, hasNewVolume, context);
  }
}

/** The files of a node by path below the daemon's folder, with the run of GitHub Actions. */
export function filesOf(
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
export async function copyFiles(
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
