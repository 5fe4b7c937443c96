import { wholeBlob } from "../../buildkit/content.ts";
import { defineCommand } from "../../cli/command.ts";
import type { Deps } from "../../cli/deps.ts";
import { goJson } from "../../base/go/json.ts";
import { type Nodes, reachNodes } from "../../cli/builders/reached_nodes.ts";
import { jaegerTrace } from "./trace/jaeger.ts";
import { finalized, findRecord, type HistoryRecord, NoRecordError } from "./records/records.ts";
import { parseSpans } from "./trace/spans.ts";

export const command = defineCommand({
  args: { usage: "[OPTIONS] [REF]", min: 0, max: 1 },
  description: "Show the OpenTelemetry trace of a build record\n\n" +
    "On a terminal, the trace is a page in the browser: the timeline of the build, with the operations\n" +
    "of each step. With --compare, a page compares both builds. Otherwise the trace is printed as JSON\n" +
    "for Jaeger.",
  flags: {
    addr: {
      kind: "string",
      default: "127.0.0.1:0",
      summary: "Address to bind the UI server",
    },
    compare: { kind: "string", summary: "Compare with another build record" },
  },
  async run({ deps, args: [ref = ""], flags, given, global }) {
    await using nodes = await reachNodes(deps, global);
    const refs = flags.compare === "" ? [ref] : [ref, flags.compare];
    const traces = [];
    for (const ref of refs) traces.push(await traceOf(nodes, ref, deps));
    nodes.warn(deps);
    if (!deps.stdout.isTerminal && !given.has("addr")) {
      const data = traces.map(({ spans }) => jaegerTrace(spans));
      deps.stdout.write(`${goJson({ data }, 2)}\n\n`);
      return;
    }
    const { tracePages } = await import("./trace/trace_pages.ts");
    const { servePages } = await import("./trace/serve_pages.ts");
    await servePages(await tracePages(nodes, traces, deps), flags.addr, deps);
  },
});

async function traceOf(nodes: Nodes, ref: string, deps: Deps) {
  const found = await tracedRecord(nodes, ref, deps);
  const blob = await wholeBlob(found.at.client, found.record.trace!.digest, {
    signal: deps.signal,
  });
  const spans = parseSpans(new TextDecoder().decode(blob));
  if (spans.length === 0) throw new NoRecordError("no trace data");
  return { found, spans };
}

/** Milliseconds that the last spans of a finished build may take to reach the daemon. */
const SPANS_ON_THEIR_WAY = 1000;

/**
 * The record with its trace, which the daemon writes some seconds after the build, or on request.
 */
async function tracedRecord(
  nodes: Nodes,
  ref: string,
  { clock, signal }: Pick<Deps, "clock" | "signal">,
): Promise<HistoryRecord> {
  const found = await findRecord(nodes, ref, { signal, completedOnly: true });
  if (found.record.trace !== undefined) return found;
  const name = JSON.stringify(found.record.Ref);
  await clock.sleep(SPANS_ON_THEIR_WAY, signal);
  const again = await finalized(found, signal);
  if (again === undefined) throw new NoRecordError(`build record ${name} was deleted`);
  if (again.record.trace === undefined) {
    throw new NoRecordError(`build record ${name} is missing a trace`);
  }
  return again;
}
