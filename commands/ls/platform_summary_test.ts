import assert from "node:assert/strict";
import { summarizePlatforms } from "./platform_summary.ts";

// As buildx's own test of truncPlatforms has them.
const table: [string[], string][] = [
  [[], ""],
  [["linux/amd64", "linux/amd64/v2", "linux/386"], "linux/amd64 (+2), linux/386"],
  [
    ["linux/arm64*", "linux/riscv64*", "linux/amd64", "linux/amd64/v2", "linux/386"],
    "linux/amd64 (+2), linux/arm64*, linux/riscv64*, linux/386",
  ],
  [
    ["linux/amd64*", "linux/amd64/v2", "linux/arm/v7", "linux/arm/v6", "linux/386"],
    "linux/amd64* (+2), linux/arm (+2), linux/386",
  ],
  [
    ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/ppc64le", "linux/s390x", "linux/386"],
    "linux/amd64, linux/arm64, linux/arm/v7, linux/ppc64le, (2 more)",
  ],
  [["windows/amd64", "darwin/arm64"], "darwin/arm64, windows/amd64"],
];
for (const [platforms, expected] of table) {
  Deno.test(`summarizePlatforms() of ${platforms.join(" ") || "none"}`, () => {
    assert.equal(summarizePlatforms(platforms), expected);
  });
}
