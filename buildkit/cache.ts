/** The daemon's build cache, over the Control API: lists and removes records. */
import { ControlDefinition } from "../proto/gen/control.ts";
import type { DiskUsageRequest, PruneRequest, UsageRecord } from "../proto/gen/control_types.ts";
import type { Client } from "./client.ts";
import type { CallOptions } from "./grpc/channel.ts";

/**
 * Every record of the cache, small ones first, as BuildKit's own client sorts them.
 *
 * @param filter containerd's filter grammar; a record has to match one of the texts, and in a text
 *   every condition between its commas
 */
export async function diskUsage(
  client: Client,
  filter: readonly string[],
  options?: CallOptions,
): Promise<UsageRecord[]> {
  const { diskUsage } = ControlDefinition.methods;
  const request: DiskUsageRequest = { filter: [...filter], ageLimit: 0n };
  const { record } = await client.channel.unary(ControlDefinition, diskUsage, request, options);
  return record.sort((a, b) =>
    a.Size < b.Size || (a.Size === b.Size && a.ID < b.ID) ? -1 : a.ID === b.ID ? 0 : 1
  );
}

/** Removes the records that the request names, and reports each one that is gone. */
export function prune(
  client: Client,
  request: PruneRequest,
  onRemoved: (record: UsageRecord) => void,
  options?: CallOptions,
): Promise<void> {
  const { prune } = ControlDefinition.methods;
  return client.channel.serverStream(ControlDefinition, prune, request, onRemoved, options);
}

/**
 * Whether the daemon heeds `maxUsedSpace` and `minFreeSpace` (BuildKit 0.17). An older one skips
 * fields it doesn't know, and would remove everything: so an unknown version counts as old unless
 * its own policies use these fields.
 *
 * buildx starts an empty build to read a capability; the version says the same in one call.
 */
export async function knowsSpaceLimits(client: Client, options?: CallOptions): Promise<boolean> {
  const version = /^v?(\d+)\.(\d+)/.exec((await client.info(options))?.version ?? "");
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major > 0 || minor > 0) return major > 0 || minor >= 17;
  const workers = await client.listWorkers(options);
  return workers.some(({ GCPolicy }) =>
    GCPolicy.some(({ maxUsedSpace, minFreeSpace }) => maxUsedSpace > 0n || minFreeSpace > 0n)
  );
}
