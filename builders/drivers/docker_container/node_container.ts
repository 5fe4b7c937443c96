/** A node's container in its engine, and requests about it. */
import { type EngineChoice, findEngine } from "../../../transports/engine/choice.ts";
import {
  askEngine,
  type EngineEndpoint,
  EngineError,
  type EngineRequest,
} from "../../../transports/engine/docker_engine.ts";
import type { DialContext, Env } from "../../../transports/transport.ts";
import type { StoredNode } from "../../store/node_group.ts";
import { containerOf } from "./body.ts";
import { engineOf } from "./engine_of.ts";

/** A node's container and the engine that it lives in. */
export interface NodeContainer {
  readonly node: StoredNode;
  readonly name: string;
  readonly engine: EngineEndpoint;
  readonly choice: EngineChoice;
}

/** The part of `GET /containers/NAME/json` that is read here. */
export interface Inspected {
  readonly RestartCount?: number;
  readonly State?: { readonly Status?: string; readonly Running?: boolean };
  readonly Mounts?: readonly { readonly Name?: string }[] | null;
}

export async function nodeContainerOf(node: StoredNode, env: Env): Promise<NodeContainer> {
  const choice = engineOf(node, env);
  const engine = await findEngine(choice, node.endpoint, env);
  return { node, name: containerOf(node), engine, choice };
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
  if (error instanceof EngineError && error.status === 404) return undefined;
  throw error;
}
