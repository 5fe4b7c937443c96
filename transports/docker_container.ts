import { type EngineExec, execInContainer } from "./_engine_exec.ts";
import { CONTAINER, DIAL_STDIO, parseContainer } from "./_container.ts";
import { DockerContextError, dockerEndpoint } from "./_docker_context.ts";
import { formatOptions } from "./endpoint.ts";
import { DialError } from "./errors.ts";
import type { DialContext, Transport } from "./transport.ts";

/** A container of a Docker engine. */
interface DockerContainerSpec {
  /** The container's name or id. */
  readonly container: string;
  /** The docker context whose engine has it; by default the one in use. */
  readonly context?: string;
}

/** `docker-container://NAME`: buildctl's `dial-stdio` in a container, by the engine's own API. */
export const dockerContainer = {
  scheme: "docker-container",
  summary: "buildkitd in a container, through the Docker engine's API",
  example: `docker-container://${CONTAINER}`,
  options: [
    { name: "context", summary: "the docker context whose engine has it; default: as docker's" },
  ],

  parse(endpoint: string): DockerContainerSpec {
    const { container, options } = parseContainer(endpoint, dockerContainer);
    const context = options.get("context");
    return { container, ...context !== undefined && { context } };
  },

  describe,
  host: ({ container }) => ({ authority: container, name: container }),
  plaintext: () => false,

  async dial(spec, context) {
    const exec = await execOf(spec, context);
    const stream = await execInContainer(exec, context);
    const peer = `container ${spec.container} at ${exec.engine.host}`;
    return { stream, authority: spec.container, peer, secure: false };
  },
} satisfies Transport<DockerContainerSpec>;

function describe({ container, context }: DockerContainerSpec): string {
  return `docker-container://${container}${formatOptions({ context })}`;
}

async function execOf(spec: DockerContainerSpec, { env }: DialContext): Promise<EngineExec> {
  const endpoint = describe(spec);
  try {
    return {
      endpoint,
      engine: await dockerEndpoint(env, spec.context),
      program: spec.context === undefined ? "docker" : `docker --context=${spec.context}`,
      container: spec.container,
      command: DIAL_STDIO,
      engineHint: "start docker, or name its engine by DOCKER_HOST or a docker context",
    };
  } catch (error) {
    if (!(error instanceof DockerContextError)) throw error;
    const { message, hint, cause } = error;
    throw new DialError(message, {
      endpoint,
      step: "connect",
      code: "config",
      hint: hint ?? "see DOCKER_HOST",
      cause,
    });
  }
}
