/** Provides the image of a node's container, and asks the engine about what the container needs. */
import { errorText } from "../../../base/error_text.ts";
import { fieldsOf } from "../../../base/json.ts";
import { isFolder } from "../../../base/stat.ts";
import {
  parseReference,
  repositoryName,
  withDefaultTag,
} from "../../../buildkit/registry/reference.ts";
import {
  answerOf,
  callEngine,
  EngineError,
  type EngineRequest,
} from "../../../transports/engine/docker_engine.ts";
import { readProgress } from "../../../transports/engine/progress.ts";
import { registryAuth } from "../../../transports/engine/registry_auth.ts";
import type { DialContext, Env } from "../../../transports/transport.ts";
import { BuilderError } from "../../builder_error.ts";
import { type MakeContext, step } from "../../making/maker.ts";
import type { EngineFacts } from "./body.ts";
import { ask, type NodeContainer } from "./node_container.ts";
import { remedyFor } from "./remedy.ts";

/** Pulls the image. If the pull fails, an image that is already there is used. */
export async function provideImage(
  at: NodeContainer,
  image: string,
  context: MakeContext,
): Promise<void> {
  let failure: unknown;
  try {
    // By podman's rule, such an image was made by podman itself.
    const isLocal = at.tool.kind === "podman" && image.startsWith("localhost/");
    if (isLocal) throw new Error("images of localhost are in no registry");
    await step(context, `pulling image ${image}`, () => pull(at, image, context));
  } catch (error) {
    context.signal.throwIfAborted();
    failure = error;
  }
  if (failure === undefined) return;
  const isThere = await ask(at, "GET", `/images/${imagePath(image)}/json`, context)
    .then(() => true, (error) => {
      context.signal.throwIfAborted();
      if (error instanceof EngineError) return false;
      throw error;
    });
  if (!isThere) throw cannotPull(image, at, failure);
  await step(context, `using local image ${image}`, () => Promise.resolve());
}

async function pull({ engine }: NodeContainer, image: string, context: MakeContext): Promise<void> {
  const reference = withDefaultTag(parseReference(image));
  const { domain: host, tag, digest } = reference;
  const query = { fromImage: repositoryName(reference), tag: digest || tag };
  const request: EngineRequest = {
    method: "POST",
    path: `/images/create?${new URLSearchParams(query)}`,
    headers: registryAuth(host, await context.credentials.lookup(host)),
  };
  const call = await callEngine(engine, request, context);
  try {
    await answerOf(call, engine, request, context.signal);
    await readProgress(call.http, ({ id, text, current, total }) => {
      if (total !== undefined) context.steps.progress(`${text} ${id}`, current ?? 0, total);
    });
  } catch (error) {
    context.signal.throwIfAborted();
    throw error;
  } finally {
    call.stream.close();
  }
}

function cannotPull(image: string, { tool }: NodeContainer, cause: unknown): BuilderError {
  const reason = errorText(cause);
  return new BuilderError(`cannot pull the builder's image ${image}: ${reason}`, {
    hint: remedyFor(reason, { program: tool.program, image }) ??
      `try it by hand: ${tool.program} pull ${image}; or use another image: --driver-opt image=NAME`,
    cause,
  });
}

export const imagePath = (image: string) => image.split("/").map(encodeURIComponent).join("/");

/** The part of `GET /info` that is read here. */
export interface EngineInfo {
  readonly CgroupDriver?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly OSType?: string;
  readonly Architecture?: string;
  /** Only podman says so. */
  readonly Rootless?: boolean;
}

/** Asks the engine about itself; nothing is known of one that doesn't say. */
export async function infoOf(at: NodeContainer, context: DialContext): Promise<EngineInfo> {
  const info = await ask(at, "GET", "/info", context).catch(() => undefined);
  context.signal.throwIfAborted();
  return fieldsOf(info);
}

/** The facts in the engine's answer; whether it has GPUs is found out separately. */
export function factsOf(at: NodeContainer, info: EngineInfo, env: Env): EngineFacts {
  const wslLibraries = wslLibrariesFor(at, env);
  // A user's own podman may create cgroups only where the user's session is.
  const mayGroup = info.Rootless !== true;
  return {
    ...info.CgroupDriver !== undefined && mayGroup && { cgroupDriver: info.CgroupDriver },
    usernsRemap: info.SecurityOptions?.some((text) => /(?:^|,)name=userns\b/.test(text)) ?? false,
    gpus: false,
    ...wslLibraries !== undefined && { wslLibraries },
  };
}

/** Inside WSL, an engine of this machine shares the libraries of the GPUs. */
function wslLibrariesFor({ engine }: NodeContainer, env: Env): string | undefined {
  const folder = "/usr/lib/wsl";
  if (!env("WSL_DISTRO_NAME") || !/^(?:unix|npipe|fd):/.test(engine.host)) return undefined;
  return isFolder(folder) ? folder : undefined;
}
