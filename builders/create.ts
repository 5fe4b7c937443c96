import { nearest } from "../base/nearest.ts";
import type { Registry } from "../transports/registry.ts";
import type { Env } from "../transports/transport.ts";
import { implicitName } from "./builder.ts";
import { BuilderError } from "./builder_error.ts";
import { contextNames, currentKey } from "../transports/engine/docker_context.ts";
import { readDriverOptions } from "./driver_options.ts";
import { randomName, validateName } from "./name.ts";
import { type NodeGroup, withNode } from "./store/node_group.ts";
import { nodeRegistry } from "./node_registry.ts";
import type { Platform } from "./platforms.ts";
import type { Store } from "./store/store.ts";
import type { Transaction } from "./store/transaction.ts";

/** What `create` was told. */
export interface CreateRequest {
  /** Empty: a random one. */
  readonly name: string;
  /** Empty: that of the builder that is there, else `remote`. */
  readonly driver: string;
  /** Empty: made of the builder's name. */
  readonly node: string;
  /** Empty: `BUILDKIT_HOST`. */
  readonly endpoint: string;
  readonly append: boolean;
  readonly use: boolean;
  readonly platforms: readonly Platform[];
  /** Undefined: those of the node that is there. */
  readonly driverOpts: Readonly<Record<string, string>> | undefined;
  readonly buildkitdFlags: string;
  readonly buildkitdConfig: string;
}

/** What creating goes by beside the store. */
export interface CreateContext {
  readonly env: Env;
  readonly registry: Registry;
}

/**
 * Stores a new builder, or a node of one that is there. All that can be known without dialling is
 * checked before anything is written. Throws `BuilderError` or `EndpointError`; then the store is as
 * it was.
 */
export async function createBuilder(
  transaction: Transaction,
  request: CreateRequest,
  { env, registry }: CreateContext,
): Promise<NodeGroup> {
  if (request.name === "default") {
    throw new BuilderError(
      "default is a reserved name and cannot be used to identify builder instance",
    );
  }
  if (request.append && request.name === "") {
    throw new BuilderError("append requires a builder name", { hint: "add --name NAME" });
  }
  const name = request.name || freeName(transaction);
  validateName(name);
  refuseContextName(name, request, env);
  const before = existing(transaction, name, request);
  const driver = request.driver || before?.driver || "remote";
  requireRemoteDriver(driver);
  if (before !== undefined && before.driver !== driver) {
    throw new BuilderError(
      `existing instance for ${quote(name)} but has mismatched driver ${quote(before.driver)}`,
      { hint: "fairlead leaves builders of other drivers alone; choose another --name" },
    );
  }
  const base = before ?? { name, driver, nodes: [], dynamic: false, extra: {} };
  const after = withNode(base, request.node, {
    endpoint: endpointOf(request, env),
    platforms: request.platforms,
    driverOpts: request.driverOpts,
  }, request);
  checkNodes(after, request, registry);
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
    throw new BuilderError(`instance name ${quote(name)} already exists as context builder`);
  }
  if (name === implicitName) {
    throw new BuilderError(`${name} is the name of the builder that BUILDKIT_HOST stands for`, {
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
      hint: near === undefined ? "leave --append out to make it" : `did you mean ${near}?`,
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

const startingDrivers: Readonly<Record<string, string>> = {
  "docker-container": "start buildkitd in a container yourself (moby/buildkit), then run " +
    "'fairlead create tcp://HOST:PORT'",
  kubernetes: "deploy buildkitd in the cluster yourself (moby/buildkit), then run " +
    "'fairlead create tcp://HOST:PORT'",
  docker: "it needs no creating: every docker context is such a builder, see 'fairlead ls'",
};

function requireRemoteDriver(driver: string) {
  if (driver === "remote") return;
  const remedy = Object.hasOwn(startingDrivers, driver) ? startingDrivers[driver] : undefined;
  if (remedy === undefined) {
    throw new BuilderError(`failed to find driver ${quote(driver)}`, {
      hint: driverHint(driver),
    });
  }
  throw new BuilderError(
    `driver ${driver} is not supported: fairlead uses a daemon that runs, it starts none`,
    { hint: remedy },
  );
}

function driverHint(driver: string): string {
  const known = ["remote", ...Object.keys(startingDrivers)];
  const meant = nearest(driver, known);
  const others = `fairlead creates builders of the driver remote, and uses those of ${
    listed(known.slice(1))
  } that are there`;
  return meant === undefined ? `leave --driver out: ${others}` : `did you mean ${meant}? ${others}`;
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function endpointOf(request: CreateRequest, env: Env): string {
  const endpoint = request.endpoint || env("BUILDKIT_HOST");
  if (endpoint) return endpoint;
  throw new BuilderError("no remote endpoint provided", {
    hint: "say where the daemon is, like 'fairlead create tcp://127.0.0.1:1234', " +
      "or set BUILDKIT_HOST; fairlead starts no daemon by itself",
  });
}

/** Checks every node, since each of them may make the builder useless. */
function checkNodes(group: NodeGroup, request: CreateRequest, registry: Registry) {
  for (const node of group.nodes) {
    nodeRegistry(registry, node).find(node.endpoint).parse(node.endpoint);
    try {
      if (request.buildkitdConfig) throw notForRemote("setting config file");
      if (request.buildkitdFlags) throw notForRemote("setting buildkit flags");
      readDriverOptions(node);
    } catch (cause) {
      if (!(cause instanceof BuilderError)) throw cause;
      throw new BuilderError(
        `failed to initialize builder ${group.name} (${node.name}): ${cause.message}`,
        { hint: cause.hint, cause },
      );
    }
  }
}

function notForRemote(what: string) {
  return new BuilderError(`${what} is not supported for remote driver`, {
    hint: "give it to buildkitd where that is started",
  });
}

function quote(text: string): string {
  return JSON.stringify(text);
}
