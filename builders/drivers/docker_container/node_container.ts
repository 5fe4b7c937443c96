/** A node's container in its engine, and requests about it. */
import { dockerProgram, findEngine, NO_ENGINE } from "../../../transports/engine/choice.ts";
import { NEVER_TYPED, podmanHost } from "../../../transports/engine/podman_host.ts";
import {
  askEngine,
  type EngineEndpoint,
  EngineError,
  type EngineRequest,
} from "../../../transports/engine/docker_engine.ts";
import type { ByteStream } from "../../../transports/byte_stream.ts";
import type { DialContext, Env } from "../../../transports/transport.ts";
import type { StoredNode } from "../../store/node_group.ts";
import { containerOf, engineOf } from "./names.ts";

/** The time that Ctrl-C leaves for the end of what is half made, in ms. */
export const GRACE = 5000;

/** A node's container and the engine that it lives in. */
export interface NodeContainer {
  readonly node: StoredNode;
  readonly name: string;
  readonly engine: EngineEndpoint;
  readonly tool: EngineTool;
}

/** The differences between engines that have the same API. */
export interface EngineTool {
  readonly kind: "docker" | "podman";
  /** The command of the engine's client, for hints: `docker --context=box`. */
  readonly program: string;
  /** The hint for the case that the engine can't be reached. */
  readonly hint: string;
  /** The engine's `DetachKeys`. */
  readonly detachKeys?: string;
}

/** Finds a node's container. */
export type FindContainer = (node: StoredNode, env: Env) => Promise<NodeContainer>;

/** The part of `GET /containers/NAME/json` that is read here. */
export interface Inspected {
  readonly RestartCount?: number;
  readonly State?: {
    readonly Status?: string;
    readonly Running?: boolean;
    readonly OOMKilled?: boolean;
    readonly ExitCode?: number;
    readonly Error?: string;
    /** RFC 3339; the year 1 for never. */
    readonly StartedAt?: string;
    readonly FinishedAt?: string;
  };
  readonly Config?: { readonly Image?: string };
  readonly HostConfig?: { readonly Memory?: number; readonly RestartPolicy?: { Name?: string } };
  readonly Mounts?: readonly { readonly Name?: string }[] | null;
}

/** A container of the Docker engine that the node's endpoint names. */
export const inDocker: FindContainer = async (node, env) => {
  const choice = engineOf(node, env);
  const engine = await findEngine(choice, node.endpoint, env);
  const tool = { kind: "docker", program: dockerProgram(choice), hint: NO_ENGINE } as const;
  return { node, name: containerOf(node), engine, tool };
};

/** A container of podman; the node's endpoint is the address of podman's service. */
export const inPodman: FindContainer = (node, env) => {
  const { host, hint } = podmanHost(env, node.endpoint);
  const program = `podman --url=${host}`;
  const tool = { kind: "podman", program, hint, detachKeys: NEVER_TYPED } as const;
  return Promise.resolve({ node, name: containerOf(node), engine: { host }, tool });
};

/** Runs a program in a node's container: see `execInContainer`. */
export async function run(
  { name, engine, tool }: NodeContainer,
  command: readonly string[],
  context: DialContext,
): Promise<ByteStream> {
  const { execInContainer } = await import("../../../transports/engine/exec.ts");
  return await execInContainer({
    ...{ endpoint: `${tool.kind}-container://${name}`, engine, container: name, command },
    ...{ program: tool.program, engineHint: tool.hint },
    ...tool.detachKeys !== undefined && { detachKeys: tool.detachKeys },
  }, context);
}

export const pathOf = ({ name }: NodeContainer) => `/containers/${encodeURIComponent(name)}`;

export async function ask(
  { engine }: NodeContainer,
  method: EngineRequest["method"],
  path: string,
  context: DialContext,
  body?: object,
): Promise<unknown> {
  return await askEngine(engine, { method, path, ...body && { body } }, context);
}

/** The container; undefined where there is none. */
export async function inspect(
  at: NodeContainer,
  context: DialContext,
): Promise<Inspected | undefined> {
  return await ask(at, "GET", `${pathOf(at)}/json`, context).catch(unlessGone) as
    | Inspected
    | undefined;
}

export function unlessGone(error: unknown): undefined {
  if (statusOf(error) === 404) return undefined;
  throw error;
}

/** The HTTP status of an engine's refusal; undefined for other errors. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof EngineError ? error.status : undefined;
}
