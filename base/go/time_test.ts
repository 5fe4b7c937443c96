import assert from "node:assert/strict";
import {
  dateTime,
  hasDate,
  localOffset,
  localZone,
  milliseconds,
  nanoseconds,
  parseMoment,
  parseZonedMoment,
  rfc3339,
  timeText,
} from "./time.ts";

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

Deno.test("moments that RFC 3339 can't write are printed as the first or the last one", () => {
  assert.equal(rfc3339({ seconds: 253402300800n, nanos: 0 }), "9999-12-31T23:59:59.999999999Z");
  assert.equal(rfc3339({ seconds: -62167219201n, nanos: 5 }), "0000-01-01T00:00:00Z");
  const last = { seconds: 2n ** 63n - 1n, nanos: -5 };
  assert.equal(dateTime(last), "9999-12-31 23:59:59");
  assert.equal(milliseconds(last), 253402300799999.999999999);
  assert.equal(typeof localOffset(last), "number");
  assert.equal(typeof localZone(last), "string");
  assert.equal(hasDate(last), false);
});

Deno.test("parseMoment() keeps nanoseconds, and refuses what is no RFC 3339", () => {
  assert.deepEqual(parseMoment("2026-11-24T02:37:16.54839994Z"), moment);
  assert.deepEqual(parseMoment("2026-11-24T08:07:16.54839994+05:30"), moment);
  assert.deepEqual(parseMoment("1970-01-01T00:00:00Z"), { seconds: 0n, nanos: 0 });
  const bad = [
    ...["", "2026-11-24", "2026-11-24T02:37:16", "2026-13-24T02:37:16Z", "2026-11-24t02:37:16z"],
    ...["2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z"],
    ...["2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z"],
    ...["2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00"],
    ...["2026-01-01T00:00:00+00:60", " 2026-01-01T00:00:00Z"],
  ];
  for (const text of bad) assert.equal(parseMoment(text), undefined, text);
  assert.notEqual(parseMoment("2024-02-29T00:00:00Z"), undefined);
  assert.deepEqual(parseZonedMoment("0000-01-01T00:00:00-01:30"), {
    moment: { seconds: -62167213800n, nanos: 0 },
    offset: -90,
  });
});
