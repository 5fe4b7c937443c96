/**
 * Blobs that a hostile daemon keeps besides its records end in a page, a bundle or a plain error.
 */
import assert from "node:assert/strict";
import type { Client } from "../../../buildkit/client.ts";
import { BuildHistoryRecord, type Descriptor } from "../../../proto/gen/control.ts";
import { messageOf } from "../../../proto/message_of.ts";
import { timelinePage } from "../../../progress/timeline/page.ts";
import type { Timeline } from "../../../progress/timeline/timeline.ts";
import { seededBelow } from "../../../tests/harness/random.ts";
import { attachmentsOf } from "./attachments.ts";
import { bundle } from "../export/bundle.ts";
import { materialsIn } from "../inspect/materials.ts";
import { goJson } from "../../../base/go/json.ts";
import { jaegerTrace } from "../trace/jaeger.ts";
import { readProvenance } from "./provenance.ts";
import { sanitizedTrace } from "../export/sanitize.ts";
import { withSpans } from "../trace/with_spans.ts";
import { parseSpans } from "../trace/spans.ts";

const signal = new AbortController().signal;
const EMPTY: Timeline = { duration: 0, origin: 0, steps: [] };
const keys =
  ("Name SpanContext TraceID SpanID TraceFlags Parent StartTime EndTime Attributes Key Value " +
    "Type Events Time Links Status Code Description SpanKind Resource InstrumentationScope Version " +
    "DroppedAttributeCount buildDefinition internalParameters buildConfig runDetails metadata " +
    "buildkit_metadata source infos locations ranges layers llbDefinition digestMapping id op Op " +
    "inputs meta env identifier toString valueOf __proto__ constructor").split(" ");
const scalars = [
  ...[null, true, 0, -1, 1e300, 1e999, "", "STRING", "INT64", "01", "\x1b[2J", "Error"],
  ...["x".repeat(99), "2026-01-02T03:04:05Z", "9999-12-31T23:59:59.999999999Z"],
  "0000-00-00T99:99:99Z",
];

function hostileJson(random: (limit: number) => number, depth = 5): unknown {
  const kind = depth === 0 ? 0 : random(4);
  if (kind === 0) return scalars[random(scalars.length)];
  const length = random(6);
  if (kind === 1) return Array.from({ length }, () => hostileJson(random, depth - 1));
  const entries = Array.from({ length: length + 3 }, () => [
    keys[random(keys.length)],
    hostileJson(random, depth - 1),
  ]);
  return Object.fromEntries(entries);
}

Deno.test("any JSON is a trace that can be shown, printed and exported", () => {
  for (let seed = 1; seed < 150; seed++) {
    const random = seededBelow(seed);
    const value = () => JSON.stringify({ Name: "x", ...hostileJson(random) as object });
    const text = Array.from({ length: 3 }, value).join("\n");
    const spans = parseSpans(text);
    JSON.parse(goJson({ data: [jaegerTrace(spans)] }));
    const facts = { title: "t", outcome: "failed", facts: [] } as const;
    const page = timelinePage(withSpans(EMPTY, spans), facts);
    assert.ok(!page.includes("\x1b"), `seed ${seed}`);
    sanitizedTrace(new TextEncoder().encode(text));
    materialsIn(hostileJson(random));
    readProvenance(hostileJson(random));
  }
});

Deno.test("spans that are each other's parents, in a long chain, or alike, end", () => {
  const context = (id: number) => ({ SpanID: `${id}` });
  const chain = (parent: (i: number) => number) =>
    Array.from({ length: 15_000 }, (_, i) => ({
      Name: "s",
      SpanContext: context(i),
      Parent: context(parent(i)),
      StartTime: "2026-01-02T03:04:05Z",
      EndTime: "2026-01-02T03:04:06Z",
    }));
  const count = (parent: (i: number) => number) => withSpans(EMPTY, chain(parent)).spans!.length;
  assert.equal(count((i) => i - 1), 15_000);
  assert.equal(count((i) => (i + 1) % 15_000), 0);
  assert.equal(count(() => 0), 15_000);
});

const index = "application/vnd.oci.image.index.v1+json";
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;

/** A daemon that has the same blob under every digest. @param size what it says of it */
function daemon(blob: string, size = blob.length): Client {
  const data = new TextEncoder().encode(blob);
  const channel = {
    unary: () => Promise.resolve({ info: { size: BigInt(size) } }),
    async serverStream(_1: unknown, _2: unknown, _3: unknown, on: (read: object) => unknown) {
      for (let i = 0; i < 3; i++) await on({ data: i === 0 ? data : new Uint8Array(0) });
    },
  };
  return { channel } as unknown as Client;
}

function recordWith(descriptor: Descriptor): BuildHistoryRecord {
  const Results = new Map([[0n, descriptor]]);
  const Result = { Attestations: [], Results, ResultDeprecated: undefined };
  return { ...messageOf(BuildHistoryRecord, { Ref: "r" }), Result };
}

Deno.test("an index that lists itself, or 5,000 others, has an end", async () => {
  const root = { mediaType: index, digest: digestOf("a"), size: 1n, annotations: {} };
  const self = { mediaType: index, digest: digestOf("a"), size: 1.5 };
  const odd = {
    ...{ mediaType: { toString: 1 }, digest: ["x"], size: "9", annotations: { a: {} } },
    platform: [],
  };
  const hostile = daemon(JSON.stringify({ manifests: [self, odd] }));
  const one = await attachmentsOf(hostile, recordWith(root), signal);
  assert.ok(one.length >= 1 && one.length < 10, `${one.length}`);
  const manifests = Array.from({ length: 5000 }, (_, i) => ({ ...self, digest: `sha256:${i}` }));
  const many = await attachmentsOf(daemon(JSON.stringify({ manifests })), recordWith(root), signal);
  assert.ok(many.length <= 1000);
});

Deno.test("a blob of another size than its daemon says doesn't become a bundle", async () => {
  const root = { mediaType: "x", digest: digestOf("a"), size: 1n, annotations: {} };
  const exported = async (client: Client) => {
    const extras = { defaultPlatform: "linux/amd64", state: undefined, group: undefined };
    const record = { client, record: recordWith(root), ...extras };
    for await (const _ of bundle([record], { signal, warn: () => {} }));
  };
  await exported(daemon("four"));
  for (const size of [3, 5, -1, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    await assert.rejects(exported(daemon("four", size)), /^Error: cannot export sha256:a/);
  }
});
