import assert from "node:assert/strict";
import { cacheFilter, parseFilters, withPruneFilters } from "./cache_filter.ts";

const good: [string[], string, bigint?][] = [
  [[], ""],
  [[""], ""],
  [["id=abc"], "id~=abc"],
  [["type=regular"], "type==regular"],
  [[" TYPE = regular "], "type==regular"],
  [["shared!=true"], "shared!=true"],
  [["description~=RUN a=b"], "description~=RUN a=b"],
  [["type=regular", "shared=false"], "type==regular,shared==false"],
  [["type=regular", "type=regular"], "type==regular"],
  [["until=24h"], "", 86_400_000_000_000n],
  [["unused-for=1s", "id=x"], "id~=x", 1_000_000_000n],
];

for (const [texts, filter, unusedFor = 0n] of good) {
  Deno.test(`filters ${JSON.stringify(texts)}`, () => {
    assert.deepEqual(cacheFilter(parseFilters(texts)), { filter, unusedFor });
  });
}

const bad: [string[], string][] = [
  [
    ["foo"],
    'invalid argument "foo" for "--filter" flag: bad format of filter (expected name=value)',
  ],
  [["id=a", "id=b"], '"id" filter expects only one value'],
  [["until=1h", "until=2h"], '"until" filter expects only one value'],
  [["until=1h", "unused-for=1h"], 'conflicting filters "until" and "unused-for"'],
  [
    ["until=x"],
    `"until" filter expects a duration (e.g., '24h'): time: invalid duration "x"`,
  ],
];

for (const [texts, message] of bad) {
  Deno.test(`filters ${JSON.stringify(texts)} are refused`, () => {
    assert.throws(() => cacheFilter(parseFilters(texts)), { message });
  });
}

Deno.test("withPruneFilters() adds what config.json says unless a label contradicts", () => {
  const typed = parseFilters(["label=a=1", "type=regular"]);
  const all = withPruneFilters(typed, ["label!=a=1", "label!=b=2", "until=5h", "nothing"]);
  assert.deepEqual(
    [...all].map(([name, values]) => [name, ...values]),
    [["label", "a=1"], ["type", "regular"], ["label!", "b=2"], ["until", "5h"]],
  );
});
