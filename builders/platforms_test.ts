import assert from "node:assert/strict";
import {
  distinctPlatforms,
  formatInGroups,
  formatPlatform,
  formatWholePlatform,
  localPlatform,
  parsePlatforms,
} from "./platforms.ts";

const arch = localPlatform().architecture;

// As containerd's platforms.Parse and Normalize, and buildx's platformutil.
const good: [string, string][] = [
  ["linux/amd64", "linux/amd64"],
  ["linux/amd64/v1", "linux/amd64"],
  ["linux/amd64/v2", "linux/amd64/v2"],
  ["Linux/X86_64", "linux/amd64"],
  ["linux/aarch64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/arm64/v9.0", "linux/arm64/v9"],
  ["linux/arm", "linux/arm/v7"],
  ["linux/arm/6", "linux/arm/v6"],
  ["linux/armhf", "linux/arm/v7"],
  ["linux/armel", "linux/arm/v6"],
  ["linux/i386", "linux/386"],
  ["macos/arm64", "darwin/arm64"],
  ["riscv64", "linux/riscv64"],
  ["arm64", "linux/arm64"],
  ["linux", `linux/${arch}`],
  ["windows(10.0.17763)/amd64", "windows/amd64"],
  ["local", `linux/${arch}`],
  ["LOCAL", `linux/${arch}`],
  ["linux/amd64,linux/arm64", "linux/amd64 linux/arm64"],
];
for (const [text, expected] of good) {
  Deno.test(
    { name: `parsePlatforms() reads ${text}`, ignore: Deno.build.os !== "linux" },
    () => assert.equal(parsePlatforms([text]).map(formatPlatform).join(" "), expected),
  );
}

for (const text of ["", "nope", "linux/*", "a/b/c/d", "linux/", "linux/am d64", "linux(/x", ","]) {
  Deno.test(`parsePlatforms() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parsePlatforms([text]), { name: "BuilderError" });
  });
}

Deno.test("formatWholePlatform() keeps the system's version and features", () => {
  const texts = ["windows(10.0.17763)/amd64", "windows(10.0+b+a)/amd64", "linux/arm/v7"];
  assert.deepEqual(parsePlatforms(texts).map(formatWholePlatform), [
    "windows(10.0.17763)/amd64",
    "windows(10.0+a+b)/amd64",
    "linux/arm/v7",
  ]);
  const odd = formatWholePlatform({ os: "linux", osVersion: "1(2)~", architecture: "386" });
  assert.equal(odd, "linux(1%282%29%7E)/386");
  assert.equal(parsePlatforms([odd])[0]!.osVersion, "1(2)~");
});

Deno.test("formatInGroups() lists each platform once, fixed ones first and starred", () => {
  const fixed = parsePlatforms(["linux/arm64", "linux/riscv64"]);
  const reported = parsePlatforms(["linux/amd64", "linux/aarch64", "linux/amd64/v1", "linux/386"]);
  assert.deepEqual(formatInGroups(fixed, [...fixed, ...reported]), [
    "linux/arm64*",
    "linux/riscv64*",
    "linux/amd64",
    "linux/386",
  ]);
  assert.equal(distinctPlatforms(reported).length, 3);
});
