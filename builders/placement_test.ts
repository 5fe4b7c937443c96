import assert from "node:assert/strict";
import { placePlatforms } from "./placement.ts";
import { formatPlatform, parsePlatforms } from "./platforms.ts";

const offers = [
  { fixed: [], reported: parsePlatforms(["linux/amd64", "linux/386", "linux/arm64"]) },
  { fixed: parsePlatforms(["linux/arm64"]), reported: parsePlatforms(["linux/amd64"]) },
];

const table: [string[], string][] = [
  [[], "0:"],
  [["linux/amd64"], "0:linux/amd64"],
  [["linux/arm64"], "1:linux/arm64"],
  [["linux/aarch64/v8", "linux/386"], "1:linux/arm64 0:linux/386"],
  [["linux/s390x"], "0:linux/s390x"],
];
for (const [wanted, expected] of table) {
  Deno.test(`placePlatforms() of ${wanted.join(",") || "nothing"}`, () => {
    const placed = [...placePlatforms(offers, parsePlatforms(wanted))];
    const text = placed.map(([node, list]) => `${node}:${list.map(formatPlatform).join(",")}`);
    assert.equal(text.join(" "), expected);
  });
}
