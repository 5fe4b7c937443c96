import assert from "node:assert/strict";
import { multiRecord, recordOf } from "../../../tests/commands/recorded_builds.ts";
import { durationText, elapsed, fullRef, noRecord, parseRef } from "./records.ts";

Deno.test("parseRef() knows names, the forms that buildx prints, and offsets", () => {
  assert.deepEqual(parseRef(""), { name: "", offset: 0 });
  assert.deepEqual(parseRef("abc"), { name: "abc", offset: 0 });
  assert.deepEqual(parseRef("b/n0/abc"), { name: "abc", offset: 0 });
  assert.deepEqual(parseRef("b/n0/"), { name: "b/n0/", offset: 0 });
  assert.deepEqual(parseRef("^3"), { name: "", offset: 3 });
  assert.deepEqual(parseRef("^-1"), { name: "", offset: 0 });
  assert.throws(() => parseRef("^x"), {
    name: "UsageError",
    message: 'invalid offset "^x": strconv.Atoi: parsing "x": invalid syntax',
  });
  assert.throws(() => parseRef("^9223372036854775808"), /value out of range/);
});

Deno.test("a record that isn't there, in buildx's words", () => {
  assert.equal(noRecord("").message, "no records found");
  assert.equal(noRecord("a").message, 'no record found for ref "a"');
  assert.equal(noRecord("^4").message, 'no record found for ref "^4"');
  assert.equal(
    noRecord("^9", { missing: 5 }).message,
    "no completed build found with offset 5",
  );
  // Where the error of a lost build sends people.
  assert.match(
    noRecord("a").hint,
    /; a daemon keeps no record of a build that was running when the daemon ended$/,
  );
  assert.deepEqual(noRecord("a", { lostNodes: ["node x: y"] }).above, ["ERROR: node x: y"]);
});

Deno.test("durationText() as buildx prints it", () => {
  assert.equal(durationText(0n), "0.0s");
  assert.equal(durationText(59_940_000_000n), "59.9s");
  assert.equal(durationText(60_000_000_000n), "1m  0s");
  assert.equal(durationText(3_725_900_000_000n), "62m  5s");
});

Deno.test("elapsed() counts to the end, to the daemon's clock, or not at all", () => {
  const found = recordOf(multiRecord);
  assert.equal(fullRef(found), "b/n0/wkfi6hqrheic6gyc0zydatmfo");
  assert.equal(elapsed(found), 763_647_069n);
  const running = { ...found, record: { ...found.record, CompletedAt: undefined } };
  assert.equal(elapsed(running), undefined);
  const now = { seconds: found.record.CreatedAt!.seconds + 2n, nanos: 0 };
  assert.equal(elapsed({ ...running, now }), 2_000_000_000n - 622_078_255n);
});
