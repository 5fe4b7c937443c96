import { byKey } from "../../../base/by_key.ts";
import { fieldsOf, integerOf, itemsOf, textOf } from "../../../base/json.ts";
import { type Attribute, attributesOf, momentOf, type Span } from "./spans.ts";

/** A trace in the JSON that Jaeger's viewer opens; missing values are null, as Go writes them. */
export function jaegerTrace(spans: readonly Span[]): object {
  const names = spans.map((_, i) => `p${i}`);
  const processes = spans.map((span, i): [string, object] => [names[i]!, processOf(span)]);
  return {
    traceID: contextOf(spans[0]?.["SpanContext"]).trace,
    spans: spans.map((span, i) => spanOf(span, names[i]!)),
    processes: Object.fromEntries(processes.sort(byKey)),
    warnings: null,
  };
}

function spanOf(span: Span, processID: string): object {
  const { trace, id, flags } = contextOf(span["SpanContext"]);
  const parent = contextOf(span["Parent"]);
  const start = microseconds(span["StartTime"]);
  const logs = itemsOf(span["Events"]).map(logOf);
  return {
    traceID: trace,
    spanID: id,
    ...flags !== 0 && { flags },
    operationName: textOf(span["Name"]),
    references: [
      ...itemsOf(span["Links"]).map((link) => {
        const target = contextOf(fieldsOf(link)["SpanContext"]);
        return { refType: "FOLLOWS_FROM", traceID: target.trace, spanID: target.id };
      }),
      { refType: "CHILD_OF", traceID: parent.trace, spanID: parent.id },
    ],
    startTime: start,
    duration: (momentOf(span["EndTime"]) - momentOf(span["StartTime"])) / 1000n,
    tags: tagsOf(span),
    logs: logs.length > 0 ? logs : null,
    processID,
    warnings: null,
  };
}

function tagsOf(span: Span): object[] {
  const { Name, Version } = fieldsOf(
    span["InstrumentationLibrary"] ?? span["InstrumentationScope"],
  );
  const { Code, Description } = fieldsOf(span["Status"]);
  const kind = kinds[integerOf(span["SpanKind"])] ?? "unspecified";
  const failed = Code === 1 || Code === "Error";
  const fine = Code === 2 || Code === "Ok";
  return [
    ...attributesOf(span["Attributes"]).map(tagOf),
    ...Name ? [text("otel.library.name", Name)] : [],
    ...Name && Version ? [text("otel.library.version", Version)] : [],
    ...kind !== "internal" ? [text("span.kind", kind)] : [],
    ...fine ? [text("otel.status_code", "OK")] : [],
    ...failed ? [{ key: "error", type: "bool", value: true }] : [],
    ...failed ? [text("otel.status_code", "ERROR")] : [],
    ...(fine || failed) && Description ? [text("otel.status_description", Description)] : [],
  ];
}

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];

function logOf(event: unknown): object {
  const { Name, Time, Attributes, DroppedAttributeCount } = fieldsOf(event);
  const dropped = integerOf(DroppedAttributeCount);
  return {
    timestamp: microseconds(Time),
    fields: [
      ...Name ? [text("event", Name)] : [],
      ...attributesOf(Attributes).map(tagOf),
      ...dropped > 0
        ? [{ key: "otel.event.dropped_attributes_count", type: "int64", value: dropped }]
        : [],
    ],
  };
}

function processOf(span: Span): object {
  // Go has a set here: sorted by name, and the last one of a name counts.
  const unique = new Map(
    attributesOf(span["Resource"]).map((attribute) => [attribute.key, attribute]),
  );
  const attributes = [...unique.values()].sort((a, b) => a.key < b.key ? -1 : 1);
  const tags = attributes.filter(({ key }) => key !== "service.name").map(tagOf);
  return {
    serviceName: textOf(unique.get("service.name")?.value) || "unknown_service",
    tags: tags.length > 0 ? tags : null,
  };
}

function tagOf({ key, type, value }: Attribute): object {
  switch (type) {
    case "BOOL":
    case "INT64":
    case "FLOAT64":
      return { key, type: type.toLowerCase(), value };
    case "STRING":
      return { key, type: "string", value };
  }
  return { key, type: "string", value: JSON.stringify(value ?? null) };
}

function text(key: string, value: unknown): object {
  return { key, type: "string", value: textOf(value) };
}

function contextOf(json: unknown): { trace: string; id: string; flags: number } {
  const { TraceID, SpanID, TraceFlags } = fieldsOf(json);
  return {
    trace: textOf(TraceID),
    id: textOf(SpanID),
    flags: TraceFlags === "01" ? 1 : 0,
  };
}

function microseconds(time: unknown): bigint {
  return momentOf(time) / 1000n;
}
