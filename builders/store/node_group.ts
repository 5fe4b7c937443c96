import { redact } from "../../transports/endpoint.ts";
import { BuilderError } from "../builder_error.ts";
import { formatPlatform, type Platform } from "../platforms.ts";
import { validateName } from "../name.ts";

/** A builder in the store: a name for one or more daemons. */
export interface NodeGroup {
  /** The name as the user typed it; names of files have it in lower case. */
  readonly name: string;
  /** The name of a driver, also of one that fairlead lacks. */
  readonly driver: string;
  readonly nodes: readonly StoredNode[];
  /** True for groups that the driver kubernetes derives from pods; they can't be edited. */
  readonly dynamic: boolean;
  /** Keys of other programs, or of a later buildx, which are written back unchanged. */
  readonly extra: JsonObject;
}

/** One daemon of a builder. Null and empty differ, as in Go's JSON. */
export interface StoredNode {
  readonly name: string;
  readonly endpoint: string;
  /** The platforms that the user fixed; the daemon reports further ones. */
  readonly platforms: readonly Platform[] | null;
  readonly driverOpts: Readonly<Record<string, string>> | null;
  /** The flags of buildkitd, for drivers that start it. */
  readonly flags: readonly string[] | null;
  /** Base64 by path, for drivers that start the daemon. */
  readonly files: Readonly<Record<string, string>> | null;
  readonly extra: JsonObject;
  /** The chosen one of a node's several daemons. Never stored. */
  readonly member?: NodeMember;
}

/** One of the daemons of a node: a pod. */
export interface NodeMember {
  readonly name: string;
  /** The platforms that the user fixed for the pod. */
  readonly platforms?: readonly Platform[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The fields that `create` gives to a node. An existing node keeps its own value of an undefined
 * field.
 */
export interface NodeChange {
  readonly endpoint: string;
  /** The user named the endpoint, so an existing node gets it, too. */
  readonly isSet: boolean;
  readonly platforms: readonly Platform[];
  readonly driverOpts: Readonly<Record<string, string>> | undefined;
  readonly flags?: readonly string[];
  /** Added to the files that a node has. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Adds a node to a group, or changes the node of that name. The other nodes lose the node's
 * platforms. Names are compared in lower case; buildx compares them as typed, and so gets two nodes
 * of one name. Throws `BuilderError`.
 */
export function withNode(
  group: NodeGroup,
  name: string,
  change: NodeChange,
  options: { append: boolean },
): NodeGroup {
  refuseDynamic(group, "Update");
  const index = findNode(group, name);
  if (index < 0 && !options.append && group.nodes.length > 0) {
    throw new BuilderError(`node ${name} not found, did you mean to append?`, {
      hint: `add --append to add a node, or name one of ${nodeNames(group)}`,
    });
  }
  const nodes = [...group.nodes];
  const old = nodes[index];
  const node: StoredNode = old === undefined
    ? {
      name: validateName(name || nextNodeName(group)),
      endpoint: change.endpoint,
      platforms: change.platforms.length > 0 ? change.platforms : null,
      driverOpts: change.driverOpts ?? null,
      flags: change.flags ?? null,
      files: change.files ?? null,
      extra: {},
    }
    : {
      ...old,
      endpoint: change.isSet ? change.endpoint : old.endpoint,
      flags: change.flags ?? old.flags,
      files: change.files === undefined ? old.files : { ...old.files, ...change.files },
      platforms: change.platforms.length > 0 ? change.platforms : old.platforms,
      driverOpts: change.driverOpts ?? old.driverOpts,
    };
  nodes.splice(old === undefined ? nodes.length : index, old === undefined ? 0 : 1, node);
  if (nodes.filter((other) => other.endpoint === node.endpoint).length > 1) {
    throw new BuilderError(`invalid duplicate endpoint ${redact(node.endpoint)}`, {
      hint: "a node of the builder has this endpoint already: name another endpoint or context",
    });
  }
  const taken = new Set((node.platforms ?? []).map(formatPlatform));
  const rest = (other: StoredNode) => ({
    ...other,
    platforms: (other.platforms ?? []).filter((platform) => !taken.has(formatPlatform(platform))),
  });
  return { ...group, nodes: nodes.map((other) => other === node ? node : rest(other)) };
}

/** Removes a node from a group. Throws `BuilderError` for the last one. */
export function withoutNode(group: NodeGroup, name: string): NodeGroup {
  refuseDynamic(group, "Leave");
  const index = findNode(group, name);
  if (index < 0) {
    throw new BuilderError(`node ${JSON.stringify(name)} not found for ${group.name}`, {
      hint: `its nodes are ${nodeNames(group)}`,
    });
  }
  if (group.nodes.length === 1) {
    throw new BuilderError("can not leave last node, do you want to rm instance instead?", {
      hint: `run 'fairlead rm ${group.name}' to remove the builder`,
    });
  }
  return { ...group, nodes: group.nodes.toSpliced(index, 1) };
}

function findNode(group: NodeGroup, name: string): number {
  return group.nodes.findIndex((node) => node.name.toLowerCase() === name.toLowerCase());
}

function nextNodeName(group: NodeGroup): string {
  for (let i = 0;; i++) {
    const name = `${group.name}${i}`;
    if (findNode(group, name) < 0) return name;
  }
}

function nodeNames(group: NodeGroup): string {
  return group.nodes.map((node) => node.name).join(", ");
}

function refuseDynamic(group: NodeGroup, what: string) {
  if (group.dynamic) throw new BuilderError(`dynamic node group does not support ${what}`);
}
