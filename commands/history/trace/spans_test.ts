import assert from "node:assert/strict";
import { goJson } from "../../../base/go/json.ts";
import { jaegerTrace } from "./jaeger.ts";
import { sanitizedTrace, withoutSecrets } from "../export/sanitize.ts";
import { parseSpans } from "./spans.ts";

const context = (SpanID: string) => ({ TraceID: "0af7", SpanID, TraceFlags: "01" });

const span = {
  Name: 'exec {"a}',
  SpanContext: context("01"),
  Parent: context("02"),
  SpanKind: 2,
  StartTime: "2026-11-24T02:37:15.900207024Z",
  EndTime: "2026-11-24T02:37:15.900387341Z",
  Attributes: [
    { Key: "cmd", Value: { Type: "STRING", Value: "curl -d token=abc,x" } },
    { Key: "n", Value: { Type: "INT64", Value: 3 } },
    { Key: "list", Value: { Type: "STRINGSLICE", Value: ["a", "b"] } },
  ],
  Events: [{
    Name: "begin",
    Attributes: [{ Key: "ok", Value: { Type: "BOOL", Value: true } }],
    DroppedAttributeCount: 2,
    Time: "2026-11-24T02:37:15.9003Z",
  }],
  Links: [{ SpanContext: context("03") }],
  Status: { Code: "Error", Description: "bad" },
  Resource: [
    { Key: "z", Value: { Type: "FLOAT64", Value: 1.5 } },
    { Key: "service.name", Value: { Type: "STRING", Value: "buildkitd" } },
    { Key: "a", Value: { Type: "STRING", Value: "1" } },
  ],
  InstrumentationScope: { Name: "otelgrpc", Version: "0.69.0" },
  InstrumentationLibrary: { Name: "otelgrpc", Version: "0.69.0" },
};

const bare = { Name: "b", SpanContext: context("04"), Parent: context("00"), SpanKind: 1 };

Deno.test("jaegerTrace() turns spans into what Jaeger reads", () => {
  const spans = parseSpans(`${JSON.stringify(span, null, 2)}\n${JSON.stringify(bare)}`);
  assert.deepEqual(JSON.parse(goJson(jaegerTrace(spans))), {
    traceID: "0af7",
    spans: [{
      traceID: "0af7",
      spanID: "01",
      flags: 1,
      operationName: 'exec {"a}',
      references: [
        { refType: "FOLLOWS_FROM", traceID: "0af7", spanID: "03" },
        { refType: "CHILD_OF", traceID: "0af7", spanID: "02" },
      ],
      startTime: 1795487835900207,
      duration: 180,
      tags: [
        { key: "cmd", type: "string", value: "curl -d token=abc,x" },
        { key: "n", type: "int64", value: 3 },
        { key: "list", type: "string", value: '["a","b"]' },
        { key: "otel.library.name", type: "string", value: "otelgrpc" },
        { key: "otel.library.version", type: "string", value: "0.69.0" },
        { key: "span.kind", type: "string", value: "server" },
        { key: "error", type: "bool", value: true },
        { key: "otel.status_code", type: "string", value: "ERROR" },
        { key: "otel.status_description", type: "string", value: "bad" },
      ],
      logs: [{
        timestamp: 1795487835900300,
        fields: [
          { key: "event", type: "string", value: "begin" },
          { key: "ok", type: "bool", value: true },
          { key: "otel.event.dropped_attributes_count", type: "int64", value: 2 },
        ],
      }],
      processID: "p0",
      warnings: null,
    }, {
      traceID: "0af7",
      spanID: "04",
      flags: 1,
      operationName: "b",
      references: [{ refType: "CHILD_OF", traceID: "0af7", spanID: "00" }],
      startTime: 0,
      duration: 0,
      tags: [],
      logs: null,
      processID: "p1",
      warnings: null,
    }],
    processes: {
      p0: {
        serviceName: "buildkitd",
        tags: [
          { key: "a", type: "string", value: "1" },
          { key: "z", type: "float64", value: 1.5 },
        ],
      },
      p1: { serviceName: "unknown_service", tags: null },
    },
    warnings: null,
  });
});

Deno.test("sanitizedTrace() takes credentials out, and changes no number", () => {
  const trace = JSON.stringify(span).replace('"Value":3', '"Value":9007199254740993');
  const text = new TextDecoder().decode(sanitizedTrace(new TextEncoder().encode(trace)));
  assert.match(text, /curl -d token=xxxxx,x/);
  assert.match(text, /"Value": 9007199254740993/);
  assert.doesNotMatch(text, /InstrumentationScope/);
  assert.match(text, /InstrumentationLibrary/);
});

Deno.test("withoutSecrets() knows the names and shapes of secrets", () => {
  const cases: [string, string][] = [
    ["type=gha,ghtoken=abc,x=y", "type=gha,ghtoken=xxxxx,x=y"],
    ["SECRET_ACCESS_KEY=abc def", "SECRET_ACCESS_KEY=xxxxx def"],
    [`x ghs_${"a".repeat(36)} y`, "x xxxxx y"],
    [`github_pat_${"a".repeat(82)}`, "xxxxx"],
    ["nothing", "nothing"],
  ];
  for (const [text, expected] of cases) assert.equal(withoutSecrets(text), expected);
});

Deno.test("parseSpans() refuses what ends too early", () => {
  assert.deepEqual(parseSpans(" \n"), []);
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  for (
    const text of ['{"a":1', '{"a', '{"a\\"', "}{", "{x}", `{"a":${deep}}`, '{"a":'.repeat(5000)]
  ) {
    assert.throws(() => parseSpans(text), {
      name: "TraceError",
      message: /cannot read the trace/,
    });
  }
});
