import { CONTAINER, dialContainer, parseContainer } from "../engine/container.ts";
import {
  dockerProgram,
  ENGINE_OPTIONS,
  type EngineChoice,
  findEngine,
  NO_ENGINE,
  parseEngine,
} from "../engine/choice.ts";
import { formatOptions } from "../endpoint.ts";
import type { Transport } from "../transport.ts";

/** A container of a Docker engine. */
interface DockerContainerSpec extends EngineChoice {
  /** The container's name or id. */
  readonly container: string;
}

/** `docker-container://NAME`: buildctl's `dial-stdio` in a container, by the engine's API. */
export const dockerContainer = {
  scheme: "docker-container",
  summary: "buildkitd in a container, through the Docker engine's API",
  example: `docker-container://${CONTAINER}`,
  options: ENGINE_OPTIONS,

  parse(endpoint: string): DockerContainerSpec {
    const parts = parseContainer(endpoint, dockerContainer);
    return { container: parts.container, ...parseEngine(parts) };
  },

  describe,
  host: ({ container }) => ({ authority: container, name: container }),
  plaintext: () => false,

  async dial(spec, context) {
    const endpoint = describe(spec);
    const { container } = spec;
    const engine = await findEngine(spec, endpoint, context.env);
    const program = dockerProgram(spec);
    const exec = { endpoint, engine, program, container, engineHint: NO_ENGINE };
    return await dialContainer(exec, context);
  },
} satisfies Transport<DockerContainerSpec>;

function describe({ container, context, host }: DockerContainerSpec): string {
  return `docker-container://${container}${formatOptions({ context, host })}`;
}
