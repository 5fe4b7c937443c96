/** Chooses an endpoint's Docker engine: a context's, one by its address, or the one in use. */
import { DockerContextError, dockerEndpoint } from "./docker_context.ts";
import type { EngineEndpoint } from "./docker_engine.ts";
import { type Endpoint, given, schemeOf, withoutPassword } from "../endpoint.ts";
import { DialError } from "../errors.ts";
import type { Env, OptionSpec } from "../transport.ts";

export interface EngineChoice {
  /** The docker context that names the engine; by default the one in use. */
  readonly context?: string;
  /** The engine's address, instead of a context. */
  readonly host?: string;
}

export const ENGINE_OPTIONS: readonly OptionSpec[] = [
  { name: "context", summary: "the docker context of the engine; default: docker's current one" },
  { name: "host", summary: "the engine's address instead of a context, as in DOCKER_HOST" },
];

/** The hint for the case that no engine answers. */
export const NO_ENGINE = "start docker, or name its engine by DOCKER_HOST or a docker context";

/** Throws `EndpointError`. */
export function parseEngine(parts: Endpoint): EngineChoice {
  const choice = given(parts, "context", "host");
  const { context, host } = choice;
  if (context !== undefined && host !== undefined) {
    parts.fail("it names an engine twice", "give either context or host");
  }
  if (host !== undefined && schemeOf(host) === undefined) {
    parts.fail("its host has no scheme", "write it as host=unix:///var/run/docker.sock");
  }
  if (host !== undefined && withoutPassword(host) !== host) {
    parts.fail("its host has a password in it", "passwords are not supported: use a key, or TLS");
  }
  return choice;
}

/** Throws `DialError` for a context that names no engine. */
export async function findEngine(
  { context, host }: EngineChoice,
  endpoint: string,
  env: Env,
): Promise<EngineEndpoint> {
  if (host !== undefined) return { host };
  try {
    return await dockerEndpoint(env, context);
  } catch (error) {
    if (!(error instanceof DockerContextError)) throw error;
    const { message, hint = "see DOCKER_HOST", cause } = error;
    throw new DialError(message, { endpoint, step: "connect", code: "config", hint, cause });
  }
}

/** The docker command with the option that names the engine, for hints. */
export function dockerProgram({ context, host }: EngineChoice): string {
  if (host !== undefined) return `docker --host=${host}`;
  return context === undefined ? "docker" : `docker --context=${context}`;
}
