import assert from "node:assert/strict";
import { UsageRecord } from "../proto/gen/control.ts";
import { messageOf } from "../proto/message_of.ts";
import { summary } from "./du.ts";
import { usageRecords } from "../tests/commands/recorded_builds.ts";
import { usageTexts } from "./du/usage_record.ts";

Deno.test("summary() counts what can be reclaimed, and what is shared", () => {
  assert.equal(summary([]), "Reclaimable:\t0B\nTotal:\t\t0B\n");
  const records = [
    { Size: 1000n, InUse: true },
    { Size: 500n, Shared: true },
    { Size: -1n },
  ].map((record) => messageOf(UsageRecord, record));
  assert.equal(
    summary(records),
    "Shared:\t\t500B\nPrivate:\t1kB\nReclaimable:\t500B\nTotal:\t\t1.5kB\n",
  );
});

Deno.test("usageTexts() of what a daemon sent", () => {
  const [source, step] = usageRecords;
  const now = 1795489300_000;
  assert.deepEqual(usageTexts(source!, now), {
    size: "4.096kB",
    createdAt: "2026-11-24 02:39:48.002437316 +0000 UTC",
    lastUsed: "2 minutes ago",
  });
  assert.equal(step!.RecordType, "regular");
  assert.equal(usageTexts({ ...step!, LastUsedAt: undefined }, now).lastUsed, "");
});
