import { nearest } from "../base/nearest.ts";
import type { Env } from "../transports/transport.ts";
import { BuilderError } from "./builder_error.ts";
import { buildxConfigDir } from "./store/config_dir.ts";
import { contextNames, currentContext, currentKey } from "../transports/engine/docker_context.ts";
import type { NodeGroup, StoredNode } from "./store/node_group.ts";
import { type BrokenFile, Store } from "./store/store.ts";

/** The name of the builder that `BUILDKIT_HOST` stands for; the store has no entry for it. */
export const implicitName = "buildkit-host";

/** A builder of the store, of the environment, or of a docker context. */
export interface Builder extends NodeGroup {
  readonly origin: "store" | "BUILDKIT_HOST" | "docker context";
  /** Reads when the builder was last used. */
  lastActivity(): Date | undefined;
}

/** Opens the store that the environment names; `onBroken` is passed to `Store`. */
export function openStore(env: Env, onBroken?: (broken: BrokenFile) => void): Store {
  return new Store(buildxConfigDir(env), onBroken);
}

/**
 * Chooses the builder to work with, the first that exists of these:
 *
 * 1. `name`, from `--builder` or `BUILDX_BUILDER`
 * 2. the builder chosen by `use`, or remembered for this docker endpoint by `use --default`
 * 3. the daemon that `BUILDKIT_HOST` names: a builder called `buildkit-host`
 * 4. the docker engine of the current context, which has a BuildKit inside
 *
 * Throws `BuilderError` for a name that doesn't exist. Reads only.
 */
export async function chooseBuilder(store: Store, env: Env, name: string): Promise<Builder> {
  if (name !== "") return namedBuilder(store, env, name);
  const chosen = await chosenGroup(store, env);
  if (chosen !== undefined) return stored(store, chosen);
  const implicit = implicitBuilder(env);
  if (implicit !== undefined) return implicit;
  const context = currentContext(env);
  checkContext(env, context);
  return contextBuilder(store, context);
}

/** Throws `BuilderError` for a docker context that doesn't exist. */
export function checkContext(env: Env, name: string): void {
  const known = name === "default" ? [name] : contextNames(env);
  if (known.includes(name)) return;
  throw new BuilderError(`no builder ${JSON.stringify(name)} found`, {
    hint: `it is the docker context in use, but no context has that name; the contexts are ${
      known.join(", ")
    }: see docker's --context, DOCKER_CONTEXT and config.json`,
  });
}

/** Finds a builder by name: stored, implicit, or a docker context. Throws `BuilderError`. */
export function namedBuilder(store: Store, env: Env, name: string): Builder {
  const group = store.find(name);
  if (group !== undefined) return stored(store, group);
  const implicit = implicitBuilder(env);
  if (implicit?.name === name) return implicit;
  const contexts = contextNames(env);
  if (contexts.includes(name)) return contextBuilder(store, name);
  const known = [...store.list().groups.map((group) => group.name), ...contexts];
  const near = nearest(name, known);
  throw new BuilderError(`no builder ${JSON.stringify(name)} found`, {
    hint: name.includes("://")
      ? "to use an endpoint, create a builder for it: fairlead create --name NAME ENDPOINT"
      : near === undefined
      ? `'fairlead ls' lists the builders; to create this one: fairlead create --name ${name} ENDPOINT`
      : `did you mean ${near}?`,
  });
}

/**
 * Lists every builder in the order of `ls`: stored ones by name, `BUILDKIT_HOST`, docker contexts.
 */
export function allBuilders(
  store: Store,
  env: Env,
  groups: readonly NodeGroup[] = store.list().groups,
): Builder[] {
  const builders = groups.map((group) => stored(store, group));
  const names = new Set(builders.map((builder) => builder.name));
  const implicit = implicitBuilder(env);
  if (implicit !== undefined && !names.has(implicit.name)) builders.push(implicit);
  for (const name of contextNames(env)) {
    if (!names.has(name)) builders.push(contextBuilder(store, name));
  }
  return builders;
}

/**
 * Finds the builder that `use` has chosen for the current docker endpoint, by buildx's rules.
 * buildx also rewrites `current` when it reads it, which only forgets choices; fairlead doesn't.
 */
async function chosenGroup(store: Store, env: Env): Promise<NodeGroup | undefined> {
  const current = store.current();
  const key = currentKey(env);
  if (current !== undefined && current.name !== "") {
    const group = current.global || current.key === key ? store.find(current.name) : undefined;
    if (group !== undefined) return group;
    if (current.key === key) return undefined;
  }
  const name = await store.defaultName(key);
  return name === undefined ? undefined : store.find(name);
}

/** The builder that `BUILDKIT_HOST` stands for. */
export function implicitBuilder(env: Env): Builder | undefined {
  const endpoint = env("BUILDKIT_HOST");
  if (!endpoint) return undefined;
  return {
    name: implicitName,
    driver: "remote",
    nodes: [plainNode(`${implicitName}0`, endpoint)],
    dynamic: false,
    extra: {},
    origin: "BUILDKIT_HOST",
    lastActivity: () => undefined,
  };
}

/** The engine of a docker context, as buildx shows it. */
function contextBuilder(store: Store, name: string): Builder {
  return {
    name,
    driver: "docker",
    nodes: [plainNode(name, name)],
    dynamic: false,
    extra: {},
    origin: "docker context",
    lastActivity: () => store.lastActivity(name),
  };
}

function stored(store: Store, group: NodeGroup): Builder {
  return { ...group, origin: "store", lastActivity: () => store.lastActivity(group.name) };
}

/** A builder that isn't stored, or not yet. */
export function plainBuilder(group: NodeGroup): Builder {
  return { ...group, origin: "store", lastActivity: () => undefined };
}

/** A node without settings. */
export function plainNode(name: string, endpoint: string): StoredNode {
  const none = { platforms: null, driverOpts: null, flags: null, files: null };
  return { name, endpoint, ...none, extra: {} };
}
