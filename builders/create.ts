import { nearest } from "../base/nearest.ts";
import type { Registry } from "../transports/registry.ts";
import type { Env } from "../transports/transport.ts";
import { implicitName } from "./builder.ts";
import { BuilderError } from "./builder_error.ts";
import { contextNames, currentKey } from "../transports/engine/docker_context.ts";
import { schemeOf } from "../transports/endpoint.ts";
import { drivers } from "./drivers/all.ts";
import { readDriverOptions } from "./driver_options.ts";
import { OPTION_NAMES } from "./making/option_names.ts";
import type { Listening } from "./making/listening.ts";
import { changeOf } from "./node_change.ts";
import { randomName, validateName } from "./name.ts";
import { type NodeGroup, type StoredNode, withNode } from "./store/node_group.ts";
import { nodeRegistry } from "./node_registry.ts";
import type { Platform } from "./platforms.ts";
import type { Store } from "./store/store.ts";
import type { Transaction } from "./store/transaction.ts";

/** The arguments of `create`. */
export interface CreateRequest {
  /** The builder's name; empty: a random one. */
  readonly name: string;
  /** The driver; empty: that of an existing builder, else the one that suits the endpoint. */
  readonly driver: string;
  /** The node's name; empty: derived from the builder's name. */
  readonly node: string;
  /** An endpoint, or a docker context. Empty: `BUILDKIT_HOST`, else the docker context in use. */
  readonly endpoint: string;
  readonly append: boolean;
  readonly use: boolean;
  readonly platforms: readonly Platform[];
  /** The driver options; undefined: an existing node keeps its own. */
  readonly driverOpts: Readonly<Record<string, string>> | undefined;
  readonly buildkitdFlags: string;
  /** An absolute path; empty: `buildkitd.default.toml` in the store, if it exists. */
  readonly buildkitdConfig: string;
  /** For a daemon in a container that also listens on TCP. */
  readonly listening?: Listening | undefined;
  /** Checks everything, but stores nothing. */
  readonly dryRun: boolean;
}

export interface CreateContext {
  readonly env: Env;
  readonly registry: Registry;
  /** Called before anything is stored. Throws when the builder could not be used. */
  readonly probe?: (group: NodeGroup) => Promise<void>;
}

/**
 * Stores a new builder, or a node of one that exists. Everything that needs no connection is
 * checked before anything is written. Throws `BuilderError` or `EndpointError`; then the store is
 * unchanged.
 */
export async function createBuilder(
  transaction: Transaction,
  request: CreateRequest,
  context: CreateContext,
): Promise<NodeGroup> {
  const { env, registry } = context;
  if (request.name === "default") {
    throw new BuilderError(
      "default is a reserved name and cannot be used to identify builder instance",
      { hint: "choose another --name" },
    );
  }
  if (request.append && request.name === "") {
    throw new BuilderError("append requires a builder name", { hint: "add --name NAME" });
  }
  const name = request.name || freeName(transaction);
  validateName(name);
  refuseContextName(name, request, env);
  const before = existing(transaction, name, request);
  const driver = request.driver || before?.driver || defaultDriver(request, context);
  requireDriver(driver);
  if (before !== undefined && before.driver !== driver) {
    throw new BuilderError(
      `existing instance for ${quote(name)} but has mismatched driver ${quote(before.driver)}`,
      { hint: "choose another --name, or leave --driver out" },
    );
  }
  const base = before ?? { name, driver, nodes: [], dynamic: false, extra: {} };
  const change = await changeOf(driver, name, request, env);
  const after = withNode(base, request.node, change, request);
  await checkNodes(after, request, registry);
  if (request.dryRun) return after;
  await context.probe?.(after);
  transaction.save(after);
  try {
    if (request.use) {
      const current = { key: currentKey(env), name: after.name, global: false };
      await transaction.setCurrent(current, false);
    }
  } catch (error) {
    if (before === undefined) transaction.remove(after.name);
    else transaction.save(before);
    throw error;
  }
  return after;
}

function freeName(store: Store): string {
  for (let attempt = 0; attempt < 6; attempt++) {
    const name = randomName(attempt);
    if (store.find(name) === undefined) return name;
  }
  throw new BuilderError("failed to generate random name", { hint: "choose one with --name" });
}

function refuseContextName(name: string, { append }: CreateRequest, env: Env) {
  if (!append && contextNames(env).includes(name)) {
    throw new BuilderError(`instance name ${quote(name)} already exists as context builder`, {
      hint: "choose another --name: a docker context has this name, and is already a builder",
    });
  }
  if (name === implicitName) {
    throw new BuilderError(`${name} is the name of the builder of BUILDKIT_HOST`, {
      hint: "choose another --name",
    });
  }
}

function existing(store: Store, name: string, request: CreateRequest): NodeGroup | undefined {
  const group = store.find(name);
  if (group === undefined) {
    if (!request.append) return undefined;
    const near = nearest(name, store.list().groups.map((group) => group.name));
    throw new BuilderError(`failed to find instance ${quote(name)} for append`, {
      hint: near === undefined ? "leave --append out to create it" : `did you mean ${near}?`,
    });
  }
  if (request.node === "" && !request.append) {
    throw new BuilderError(
      `existing instance for ${quote(name)} but no append mode, ` +
        "specify the node name to make changes for existing instances",
      { hint: `add a node with --append, or remove the builder: fairlead rm ${group.name}` },
    );
  }
  return group;
}

/** The drivers that builders are created with. */
export const CREATED: readonly string[] = Object.keys(OPTION_NAMES);

/** buildx's choice: `remote` for an address of a daemon, else a container of a Docker engine. */
function defaultDriver({ endpoint }: CreateRequest, { env, registry }: CreateContext): string {
  if (endpoint === "") return env("BUILDKIT_HOST") ? "remote" : "docker-container";
  // As buildx keeps the endpoint of such a builder: the driver's own message explains it.
  if (endpoint.startsWith("kubernetes://")) return "kubernetes";
  const isContext = contextNames(env).includes(endpoint);
  return schemeOf(endpoint) !== undefined || !isContext && isAddress(registry, endpoint)
    ? "remote"
    : "docker-container";
}

/** True for a text that a transport takes. */
function isAddress(registry: Registry, endpoint: string): boolean {
  try {
    registry.find(endpoint);
    return true;
  } catch {
    return false;
  }
}

function requireDriver(driver: string) {
  if (CREATED.includes(driver)) return;
  if (driver === "docker") {
    throw new BuilderError(
      "driver docker is not supported: fairlead can't create builders with it",
      { hint: "every docker context is already such a builder: see 'fairlead ls'" },
    );
  }
  const meant = nearest(driver, [...CREATED, "docker"]);
  const known = `fairlead creates builders with the drivers ${CREATED.join(", ")}`;
  throw new BuilderError(`failed to find driver ${quote(driver)}`, {
    hint: meant === undefined ? known : `did you mean ${meant}? ${known}`,
  });
}

/** Checks every node, because each of them may make the builder useless. */
async function checkNodes(group: NodeGroup, request: CreateRequest, registry: Registry) {
  const maker = await drivers.find(({ name }) => name === group.driver)?.maker?.();
  for (const node of group.nodes) {
    if (maker === undefined) nodeRegistry(registry, node).find(node.endpoint).parse(node.endpoint);
    try {
      if (maker !== undefined) maker.check(node);
      else checkRemote(node, request);
    } catch (cause) {
      if (!(cause instanceof BuilderError)) throw cause;
      throw new BuilderError(
        `failed to initialize builder ${group.name} (${node.name}): ${cause.message}`,
        { hint: cause.hint, cause },
      );
    }
  }
}

function checkRemote(node: StoredNode, request: CreateRequest) {
  if (request.buildkitdConfig) throw notForRemote("setting config file");
  if (request.buildkitdFlags) throw notForRemote("setting buildkit flags");
  readDriverOptions(node);
}

function notForRemote(what: string) {
  return new BuilderError(`${what} is not supported for remote driver`, {
    hint: "set it where buildkitd is started",
  });
}

function quote(text: string): string {
  return JSON.stringify(text);
}
