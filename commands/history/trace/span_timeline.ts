/** Lays out a trace's spans in time, for the timeline's page. Each span stands below its parent. */
import { criticalPath } from "../../../progress/timeline/critical_path.ts";
import type { Step, Timeline } from "../../../progress/timeline/timeline.ts";
import { nanoseconds, parseMoment } from "../../../base/go/time.ts";
import { fields, items, textOf } from "../records/json_fields.ts";
import { attributesOf, type Span } from "./spans.ts";

interface Node {
  readonly span: Span;
  /** Nanoseconds since 1970. */
  readonly begin: bigint;
  readonly end: bigint;
  readonly children: Node[];
}

/** The timeline of a trace. A span without a parent in the trace isn't indented. */
export function spanTimeline(spans: readonly Span[]): Timeline {
  const nodes = spans.map((span): Node => ({
    span,
    begin: moment(span["StartTime"]),
    end: moment(span["EndTime"]),
    children: [],
  }));
  const byId = new Map(nodes.map((node) => [idOf(node.span["SpanContext"]), node]));
  const roots = nodes.filter((node) => {
    const parent = byId.get(idOf(node.span["Parent"]));
    if (parent === undefined || parent === node) return true;
    parent.children.push(node);
    return false;
  });
  if (nodes.length === 0) return { duration: 0, steps: [] };
  const origin = nodes.reduce((least, { begin }) => begin < least ? begin : least, nodes[0]!.begin);
  const ms = (time: bigint) => Number(time - origin) / 1e6;
  const leaves = nodes.filter(({ children }) => children.length === 0).map((node) => ({
    node,
    start: ms(node.begin),
    stop: ms(node.end),
    inputs: [],
  }));
  const critical = new Set(criticalPath(leaves).map(({ node }) => node));
  const steps: Step[] = [];
  const byStart = (level: readonly Node[]) => level.toSorted((a, b) => Number(b.begin - a.begin));
  const open = byStart(roots).map((node) => ({ node, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    steps.push(stepOf(node, { depth, ms, critical: critical.has(node) }));
    for (const child of byStart(node.children)) open.push({ node: child, depth: depth + 1 });
  }
  const last = nodes.reduce((latest, { end }) => end > latest ? end : latest, nodes[0]!.end);
  return { duration: ms(last), steps };
}

/** The deepest level that is still indented. */
const DEEPEST = 30;

function stepOf(
  { span, begin, end }: Node,
  { depth, ms, critical }: { depth: number; ms: (time: bigint) => number; critical: boolean },
): Step {
  const { Code, Description } = fields(span["Status"]);
  const failed = Code === 1 || Code === "Error";
  const events = items(span["Events"]).map((event) => {
    const { Name, Time, Attributes } = fields(event);
    const at = Number(moment(Time) - begin) / 1e9;
    return `+${at.toFixed(3)}s ${textOf(Name)} ${pairs(Attributes).join(" ")}`.trimEnd();
  });
  return {
    name: "\u2007\u2007".repeat(Math.min(depth, DEEPEST)) + textOf(span["Name"]),
    digest: idOf(span["SpanContext"]),
    inputs: [],
    node: "",
    outcome: failed ? "failed" : "done",
    error: failed ? textOf(Description) : "",
    bars: [{ start: ms(begin), stop: ms(end) }],
    transfers: [],
    log: [...pairs(span["Attributes"]), ...events],
    dropped: 0,
    warnings: [],
    critical,
  };
}

function pairs(attributes: unknown): string[] {
  return attributesOf(attributes).map(({ key, value }) =>
    `${key}=${typeof value === "string" ? value : JSON.stringify(value ?? null)}`
  );
}

function idOf(context: unknown): string {
  return textOf(fields(context)["SpanID"]);
}

function moment(time: unknown): bigint {
  const parsed = parseMoment(textOf(time));
  return parsed === undefined ? 0n : nanoseconds(parsed);
}
