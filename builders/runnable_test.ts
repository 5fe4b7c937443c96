import assert from "node:assert/strict";
import { parsePlatform } from "./platforms.ts";
import { runnable } from "./runnable.ts";

/** As `platforms.Only` of github.com/containerd/platforms has them. */
const table: Record<string, string> = {
  "linux/amd64": "linux/amd64 linux/386",
  "linux/amd64/v3": "linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/386",
  "linux/arm/v7": "linux/arm/v7 linux/arm/v6 linux/arm/v5",
  "linux/arm/v5": "linux/arm/v5",
  "linux/arm64": "linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5",
  "linux/riscv64": "linux/riscv64",
};
for (const [platform, expected] of Object.entries(table)) {
  Deno.test(`runnable() of ${platform}`, () => {
    assert.equal(runnable(parsePlatform(platform)).join(" "), expected);
  });
}

Deno.test("runnable(): later variants of arm64 run the earlier ones, and v9 runs v8", () => {
  const texts = runnable({ os: "linux", architecture: "arm64", variant: "v9.1" });
  assert.equal(
    texts.slice(0, 5).join(" "),
    "linux/arm64/v9.1 linux/arm64/v9 linux/arm64/v8.6 linux/arm64/v8.5 linux/arm64/v8.4",
  );
  assert.ok(texts.includes("linux/arm64"));
  assert.equal(texts.at(-1), "linux/arm/v5");
});
