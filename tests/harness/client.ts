/** A client of a daemon, as the program itself connects. */
import { connect } from "../../buildkit/connect.ts";
import type { Client } from "../../buildkit/client.ts";
import { listHistory } from "../../buildkit/history.ts";
import type { BuildHistoryRecord } from "../../proto/gen/control.ts";
import { transports } from "../../transports/all.ts";
import { createRegistry } from "../../transports/registry.ts";
import type { Budget } from "../../transports/budget.ts";
import { context } from "../transports/contract_help.ts";

export function clientOf(
  endpoint: string,
  more: { readonly budget?: Budget } = {},
): Promise<Client> {
  const registry = createRegistry(transports);
  return connect({ registry, endpoint, tls: {}, context: context(), ...more });
}

/** The daemon's record of a build, by the build's ref. */
export async function recordOf(endpoint: string, ref: string): Promise<BuildHistoryRecord> {
  const client = await clientOf(endpoint);
  try {
    const { events } = await listHistory(client, { Ref: ref });
    return events[0]!.record!;
  } finally {
    await client.close();
  }
}
