import assert from "node:assert/strict";
import { BuildHistoryRecord } from "../../../proto/gen/control.ts";
import { messageOf } from "../../../proto/message_of.ts";
import { failedRecord, multiRecord } from "../../../tests/commands/recorded_builds.ts";
import { parseHistoryFilter } from "./filters.ts";

const failed = failedRecord;
const fine = multiRecord;
const running = messageOf(BuildHistoryRecord, {
  Ref: "running",
  FrontendAttrs: { context: "https://github.com/docker/buildx.git#main" },
  CreatedAt: { seconds: 1795488000n, nanos: 0 },
});
const canceled = messageOf(BuildHistoryRecord, {
  Ref: "canceled",
  FrontendAttrs: { "vcs:source": "git@example.com:a/b.git" },
  CreatedAt: { seconds: 1795480000n, nanos: 0 },
  CompletedAt: { seconds: 1795480600n, nanos: 0 },
  error: { code: 1, message: "context canceled: context canceled", details: [] },
});
const records = { failed, fine, running, canceled };
const now = 1795489000_000;

const good: [string, string, string][] = [
  ["status=error", "status==error", "failed"],
  ["status=completed", "status==completed", "fine"],
  ["status=running", "status==running", "running"],
  ["status!=error", "status!=error", "fine running canceled"],
  ["ref=mgckk", "ref~=mgckk", "failed"],
  ["ref!=running", "ref!=running", "failed fine canceled"],
  ["repository=docker/buildx", "repository~=docker/buildx", "running"],
  ["repository=a/b", "repository~=a/b", "canceled"],
  ["duration>5m", "duration>5m", "canceled"],
  ["duration>=10m", "duration>=10m", "canceled"],
  ["duration<0.3s", "duration<0.3s", "failed running"],
  ["duration<=0s", "duration<=0s", "running"],
  ["startedAt>1000s", "startedAt>1000s", "fine"],
  ["startedAt<=1000s", "startedAt<=1000s", "failed running canceled"],
  ["completedAt<2026-11-24T01:00:00Z", "completedAt<2026-11-24T01:00:00Z", "running canceled"],
];

for (const [text, wire, expected] of good) {
  Deno.test(`history filter ${text}`, () => {
    const filter = parseHistoryFilter(text, now);
    assert.equal(filter.wire, wire);
    const found = Object.entries(records).filter(([, record]) => filter.matches(record));
    assert.equal(found.map(([name]) => name).join(" "), expected);
  });
}

const bad: [string, string][] = [
  ["foo", 'invalid filter "foo"'],
  ["foo=1", 'unsupported filter "foo=1"'],
  ["status<1", 'invalid separator for "status<1", expected = or !='],
  ["duration=1s", 'invalid separator for "duration=1s", expected <=, <, >= or >'],
  ["duration>x", "invalid duration x"],
  ["startedAt>x", "invalid time x"],
];

for (const [text, message] of bad) {
  Deno.test(`history filter ${text} is refused`, () => {
    assert.throws(() => parseHistoryFilter(text, now), { name: "UsageError", message });
  });
}
