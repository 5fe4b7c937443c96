import type { Client } from "../../buildkit/client.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import { listHistory, updateHistory } from "../../buildkit/history.ts";
import { BuildHistoryEventType } from "../../proto/gen/control.ts";
import { defineCommand } from "../../cli/command.ts";
import { type Nodes, reachNodes } from "../../cli/builders/reached_nodes.ts";
import { messageOf } from "../../cli/report.ts";
import { UsageError } from "../../base/usage_error.ts";
import { noRecord, parseRef, queryRecords } from "./records/records.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF...]", min: 0, max: Infinity },
  flags: { all: { kind: "bool", summary: "Remove all build records" } },
  async run({ deps: { signal }, deps, args, flags, global }) {
    if (args.length === 0 && !flags.all) {
      throw new UsageError(
        "rm requires at least one argument",
        "name build records, as 'fairlead history ls' lists them, or give --all",
      );
    }
    if (args.length > 0 && flags.all) {
      throw new UsageError("rm requires either --all or at least one argument", "leave one out");
    }
    await using nodes = await reachNodes(deps, global);
    if (flags.all) await nodes.each(signal, ({ client }) => removeAll(client, signal));
    else await removeNamed(nodes, await namesOf(nodes, args, signal), signal);
    nodes.check();
  },
});

/**
 * The names of the records. All are resolved first, because a removal changes the meaning of `^1`.
 */
async function namesOf(
  nodes: Nodes,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const parsed = args.map((text) => ({ text, ...parseRef(text) }));
  const byOffset = parsed.some(({ text }) => text.startsWith("^"))
    ? await queryRecords(nodes, { signal })
    : [];
  return parsed.map(({ text, name, offset }) => {
    if (!text.startsWith("^")) return name;
    const found = byOffset[offset];
    if (found === undefined) throw noRecord(text, { missing: offset - byOffset.length });
    return found.record.Ref;
  });
}

/** Running builds stay. */
async function removeAll(client: Client, signal: AbortSignal): Promise<void> {
  const { events } = await listHistory(client, {}, { signal });
  for (const { type, record } of events) {
    if (type !== BuildHistoryEventType.COMPLETE || record === undefined) continue;
    await updateHistory(client, { Ref: record.Ref, Delete: true }, { signal });
  }
}

/** A record is on one of several nodes, so it is an error only if no node had it. */
async function removeNamed(nodes: Nodes, names: readonly string[], signal: AbortSignal) {
  const answers = await nodes.each(signal, async ({ client }) => {
    const refusals = new Map<string, RpcError>();
    for (const name of names) {
      try {
        await updateHistory(client, { Ref: name, Delete: true }, { signal });
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        refusals.set(name, error);
      }
    }
    return refusals;
  });
  const lines = names.filter((name) => answers.every((refusals) => refusals.has(name)))
    .flatMap((name) => answers.map((refusals) => messageOf(refusals.get(name))));
  if (lines.length > 0) throw new RemoveError(lines.join("\n"), nodes.failure()?.lines ?? []);
}

/** Records that no node has removed. */
class RemoveError extends Error {
  override readonly name = "RemoveError";
  readonly hint = "'fairlead history ls' lists the records";
  readonly above: readonly string[];
  constructor(message: string, lostNodes: readonly string[]) {
    super(message);
    this.above = lostNodes.map((line) => `ERROR: ${line}`);
  }
}
