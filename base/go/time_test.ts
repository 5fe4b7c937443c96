import assert from "node:assert/strict";
import { dateTime, milliseconds, nanoseconds, parseMoment, rfc3339, timeText } from "./time.ts";

const moment = { seconds: 1795487836n, nanos: 548_399_940 };

Deno.test("a moment is printed as Go prints it", () => {
  assert.equal(rfc3339(moment), "2026-11-24T02:37:16.54839994Z");
  assert.equal(rfc3339(moment, 330), "2026-11-24T08:07:16.54839994+05:30");
  assert.equal(rfc3339({ ...moment, nanos: 0 }, -60), "2026-11-24T01:37:16-01:00");
  assert.equal(timeText(moment), "2026-11-24 02:37:16.54839994 +0000 UTC");
  assert.equal(timeText(moment, -210, "NST"), "2026-11-23 23:07:16.54839994 -0330 NST");
  assert.equal(dateTime(moment, 60), "2026-11-24 03:37:16");
  assert.equal(nanoseconds(moment), 1795487836548399940n);
  assert.equal(milliseconds({ seconds: 1n, nanos: 500_000 }), 1000.5);
});

Deno.test("parseMoment() keeps nanoseconds, and refuses what is no RFC 3339", () => {
  assert.deepEqual(parseMoment("2026-11-24T02:37:16.54839994Z"), moment);
  assert.deepEqual(parseMoment("2026-11-24T08:07:16.54839994+05:30"), moment);
  assert.deepEqual(parseMoment("1970-01-01T00:00:00Z"), { seconds: 0n, nanos: 0 });
  for (const text of ["", "2026-11-24", "2026-11-24T02:37:16", "2026-13-24T02:37:16Z"]) {
    assert.equal(parseMoment(text), undefined);
  }
});
