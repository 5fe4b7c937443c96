import type { Builder } from "../../builders/builder.ts";
import { sorted } from "../../builders/store/node_group_json.ts";
import { formatPlatform } from "../../builders/platforms.ts";
import type { BuilderStatus, NodeStatus } from "../../builders/status.ts";
import { DialError } from "../../transports/errors.ts";
import { messageOf } from "../report.ts";

/** A builder as `{{json .Builder}}` prints it: buildx's keys in buildx's order. */
export function builderJson(status: BuilderStatus): object {
  const { builder, nodes } = status;
  const reason = engineFailure(status);
  const isLost = reason !== undefined;
  return {
    Name: builder.name,
    Driver: isLost ? "" : builder.driver,
    LastActivity: activityText(builder) || "0001-01-01T00:00:00Z",
    Dynamic: builder.dynamic,
    Nodes: isLost ? [{ Name: "", Endpoint: "" }] : nodes.map((node) => nodeJson(node, builder)),
    ...isLost && { Err: reason },
  };
}

/**
 * Why the engine of a docker context can't be reached; undefined for every other builder. buildx
 * doesn't know such a builder's driver then, and so shows no node of it.
 */
export function engineFailure({ builder, nodes }: BuilderStatus): string | undefined {
  if (builder.origin !== "docker context") return undefined;
  const isLost = nodes.every(({ error }) =>
    error instanceof DialError && UNREACHED.includes(error.code)
  );
  return isLost && nodes.length > 0 ? reasonOf(nodes[0]!) : undefined;
}

const UNREACHED: readonly string[] = ["not-found", "unreachable", "unauthenticated", "denied"];

/**
 * True for a daemon that is stopped, or that nobody has booted yet: a build boots it. So that is no
 * failure.
 */
export function isDown({ error }: NodeStatus, { driver }: Pick<Builder, "driver">): boolean {
  return driver !== "remote" && error instanceof DialError && error.state !== undefined;
}

/** The value with sorted keys in all of its objects, as Go prints maps. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sortKeys(item)] as const);
  return sorted(Object.fromEntries(entries));
}

/** When a builder was last used, RFC 3339 without fractions; empty for never. */
export function activityText(builder: Pick<Builder, "lastActivity">): string {
  return builder.lastActivity()?.toISOString().replace(/\.\d+Z$/, "Z") ?? "";
}

/** Why a node isn't running, on one line; empty if it runs. */
export function reasonOf({ error }: NodeStatus): string {
  return error === undefined ? "" : messageOf(error).trim();
}

function nodeJson(status: NodeStatus, builder: Builder): object {
  const { node, endpoint, version, ids, platforms, gcPolicy, labels } = status;
  const reason = isDown(status, builder) ? "" : reasonOf(status);
  return {
    Name: node.name,
    Endpoint: endpoint,
    ...node.flags?.length && { Flags: node.flags },
    ...hasKeys(node.driverOpts) && { DriverOpts: sorted(node.driverOpts!) },
    ...hasKeys(node.files) && { Files: sorted(node.files!) },
    Status: status.status,
    ...version && { Version: version },
    ...reason && { Err: reason },
    ...ids.length > 0 && { IDs: ids },
    ...platforms.length > 0 && { Platforms: platforms.map(formatPlatform) },
    ...gcPolicy.length > 0 && { GCPolicy: gcPolicy.map(policyJson) },
    ...hasKeys(labels) && { Labels: sorted(labels) },
  };
}

/** Sizes in bytes, times in nanoseconds. */
function policyJson(policy: NodeStatus["gcPolicy"][number]): object {
  return {
    all: policy.all,
    filter: policy.filters.length > 0 ? policy.filters : null,
    keepDuration: Number(policy.keepDuration),
    reservedSpace: Number(policy.reservedSpace),
    maxUsedSpace: Number(policy.maxUsedSpace),
    minFreeSpace: Number(policy.minFreeSpace),
  };
}

function hasKeys(map: object | null): boolean {
  return map !== null && Object.keys(map).length > 0;
}
