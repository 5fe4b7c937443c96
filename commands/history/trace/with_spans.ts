/** Puts a trace's spans into a timeline: each below the step that it belongs to. */
import type { Span as PageSpan, Step, Timeline } from "../../../progress/timeline/timeline.ts";
import { plainDigest } from "../records/recorded_build.ts";
import { fieldsOf, itemsOf, textOf } from "../../../base/json.ts";
import { type Attribute, attributesOf, momentOf, type Span } from "./spans.ts";

interface Node {
  readonly span: Span;
  readonly attributes: readonly Attribute[];
  /** Nanoseconds since 1970. */
  readonly begin: bigint;
  readonly end: bigint;
  readonly children: Node[];
}

/** Attributes and events of a span that are shown. */
const MOST_LINES = 50;

/**
 * The timeline with the spans of its trace. BuildKit notes a step's digest in the attribute
 * `vertex`. A span without one belongs to the step of its name, else to the step of the span around
 * it, else to no step.
 */
export function withSpans(timeline: Timeline, spans: readonly Span[]): Timeline {
  const nodes = spans.map((span): Node => ({
    span,
    attributes: attributesOf(span["Attributes"]),
    begin: momentOf(span["StartTime"]),
    end: momentOf(span["EndTime"]),
    children: [],
  }));
  if (nodes.length === 0) return timeline;
  const roots = rootsOf(nodes);
  const byDigest = new Map(timeline.steps.map((step) => [plainDigest(step.digest), step]));
  const byName = new Map(timeline.steps.map((step) => [step.name, step]));
  const isEmpty = timeline.steps.length === 0;
  const least = nodes.reduce((least, { begin }) => begin < least ? begin : least, nodes[0]!.begin);
  const most = nodes.reduce((most, { end }) => end > most ? end : most, nodes[0]!.end);
  const origin = isEmpty ? Number(least / 1_000_000n) : timeline.origin;
  const duration = isEmpty ? Number(most - least) / 1e6 : timeline.duration;
  // Double precision would lose the nanoseconds of a moment, not those of a difference.
  const start = isEmpty ? least : BigInt(Math.round(origin * 1e6));
  const ms = (time: bigint) => Math.min(duration, Math.max(0, Number(time - start) / 1e6));
  const found = new Map<Step | undefined, PageSpan[]>();
  type Open = { node: Node; step: Step | undefined; depth: number };
  const byStart = (level: readonly Node[]) => level.toSorted((a, b) => Number(b.begin - a.begin));
  const open: Open[] = byStart(roots).map((node) => ({ node, step: undefined, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node } = next;
    const vertex = node.attributes.find(({ key }) => key === "vertex");
    const own = byDigest.get(textOf(vertex?.value)) ?? byName.get(textOf(node.span["Name"]));
    const step = own ?? next.step;
    const depth = step === next.step ? next.depth : 0;
    const list = found.get(step);
    if (list === undefined) found.set(step, [spanOf(node, depth, ms)]);
    else list.push(spanOf(node, depth, ms));
    for (const child of byStart(node.children)) open.push({ node: child, step, depth: depth + 1 });
  }
  return {
    duration,
    origin,
    steps: timeline.steps.map((step) => {
      const own = found.get(step);
      return own === undefined ? step : { ...step, spans: own };
    }),
    spans: found.get(undefined) ?? [],
  };
}

/** The spans without a parent in the trace; the others become children of theirs. */
function rootsOf(nodes: readonly Node[]): Node[] {
  const byId = new Map(nodes.map((node) => [idOf(node.span["SpanContext"]), node]));
  return nodes.filter((node) => {
    const parent = byId.get(idOf(node.span["Parent"]));
    if (parent === undefined || parent === node) return true;
    parent.children.push(node);
    return false;
  });
}

function spanOf(
  { span, attributes, begin, end }: Node,
  depth: number,
  ms: (time: bigint) => number,
): PageSpan {
  const { Code, Description } = fieldsOf(span["Status"]);
  const failed = Code === 1 || Code === "Error";
  const events = itemsOf(span["Events"]).slice(0, MOST_LINES).map((event) => {
    const { Name, Time, Attributes } = fieldsOf(event);
    const at = Number(momentOf(Time) - begin) / 1e9;
    return `+${at.toFixed(3)}s ${textOf(Name)} ${pairs(attributesOf(Attributes)).join(" ")}`
      .trimEnd();
  });
  const [start, stop] = [ms(begin), ms(end)];
  return {
    name: textOf(span["Name"]),
    depth,
    start,
    stop: Math.max(start, stop),
    failed,
    lines: [
      ...failed && Description !== undefined ? [textOf(Description)] : [],
      ...pairs(attributes.slice(0, MOST_LINES)),
      ...events,
    ],
  };
}

function pairs(attributes: readonly Attribute[]): string[] {
  return attributes.map(({ key, value }) =>
    `${key}=${typeof value === "string" ? value : JSON.stringify(value ?? null)}`
  );
}

function idOf(context: unknown): string {
  return textOf(fieldsOf(context)["SpanID"]);
}
