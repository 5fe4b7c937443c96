import { equal, throws } from "node:assert/strict";
import { checkTag } from "./tag.ts";

const sha = "0123456789abcdef".repeat(4);

Deno.test("tags that are right", () => {
  for (
    const tag of [
      "a",
      "a:1",
      "library/a:v1.0_x-y",
      "a__b/c--d:TAG",
      "localhost:5000/a/b:1",
      "REG.Example.com/a",
      "[::1]:5000/a:x",
      `a@sha256:${sha}`,
      `r.io/a:1@sha256:${sha}`,
      "x".repeat(255),
    ]
  ) equal(checkTag(tag), tag);
});

Deno.test("tags that are wrong, in the peer's words", () => {
  const bad: [string, string][] = [
    ["", "repository name must have at least one component"],
    ["A", "repository name must be lowercase"],
    ["a:", "invalid reference format"],
    ["a b", "invalid reference format"],
    ["-a", "invalid reference format"],
    ["a//b", "invalid reference format"],
    ["a:" + "x".repeat(129), "invalid reference format"],
    ["https://r.io/a", "invalid reference format"],
    ["x".repeat(256), "repository name must not be more than 255 characters"],
    [`a@sha256:${sha.slice(2)}`, "invalid checksum digest length"],
    [`a@sha256:${sha.toUpperCase()}`, "invalid checksum digest format"],
    [`a@md5:${sha.slice(32)}`, "unsupported digest algorithm"],
  ];
  for (const [tag, reason] of bad) {
    throws(() => checkTag(tag), {
      name: "UsageError",
      message: `invalid tag ${JSON.stringify(tag)}: ${reason}`,
    });
  }
});
