import { wholeBlob } from "../../buildkit/content.ts";
import { defineCommand } from "../command.ts";
import type { Deps } from "../deps.ts";
import { goJson } from "../go_json.ts";
import { type Nodes, reachNodes } from "../nodes.ts";
import { UsageError } from "../usage_error.ts";
import { warnOfNodes } from "./lost_nodes.ts";
import { jaegerTrace } from "./jaeger.ts";
import { finalize, findRecord, type HistoryRecord, NoRecordError, queryNode } from "./records.ts";
import { parseSpans } from "./spans.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  description: "Show the OpenTelemetry trace of a build record\n\n" +
    "Printed as JSON that Jaeger's viewer opens.",
  flags: {
    addr: {
      kind: "string",
      default: "127.0.0.1:0",
      summary: "Address to bind the UI server",
      hidden: true,
    },
    compare: { kind: "string", summary: "Compare with another build record", hidden: true },
  },
  async run({ deps, args: [ref = ""], given, global }) {
    for (const flag of ["addr", "compare"]) {
      if (!given.has(flag)) continue;
      throw new UsageError(
        `history trace --${flag} is not in fairlead yet: it has no viewer of its own`,
        "'history trace REF >FILE' writes a trace that Jaeger's viewer opens",
      );
    }
    await using nodes = await reachNodes(deps, global);
    const found = await tracedRecord(nodes, ref, deps);
    warnOfNodes(deps, nodes);
    const blob = await wholeBlob(found.at.client, found.record.trace!.digest, {
      signal: deps.signal,
    });
    const spans = parseSpans(new TextDecoder().decode(blob));
    if (spans.length === 0) throw new NoRecordError("no trace data");
    deps.stdout.write(`${goJson({ data: [jaegerTrace(spans)] }, 2)}\n\n`);
  },
});

/** Milliseconds that the last spans of a build that has just ended take to get to the daemon. */
const SPANS_ON_THEIR_WAY = 1000;

/** The record, its trace written: the daemon does that some seconds after the build, or when told. */
async function tracedRecord(
  nodes: Nodes,
  ref: string,
  { clock, signal }: Pick<Deps, "clock" | "signal">,
): Promise<HistoryRecord> {
  const found = await findRecord(nodes, ref, { signal, completedOnly: true });
  if (found.record.trace !== undefined) return found;
  const name = JSON.stringify(found.record.Ref);
  await clock.sleep(SPANS_ON_THEIR_WAY, signal);
  await finalize(found, signal);
  const [again] = await queryNode(found.at, {
    ref: found.record.Ref,
    completedOnly: true,
    signal,
  });
  if (again === undefined) throw new NoRecordError(`build record ${name} was deleted`);
  if (again.record.trace === undefined) {
    throw new NoRecordError(`build record ${name} is missing a trace`);
  }
  return again;
}
