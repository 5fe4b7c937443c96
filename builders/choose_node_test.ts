import assert from "node:assert/strict";
import type { Builder } from "./builder.ts";
import { chooseNode } from "./choose_node.ts";
import { parsePlatforms } from "./platforms.ts";

function builder(nodes: Record<string, string[]>): Builder {
  const none = { driverOpts: null, flags: null, files: null, extra: {} };
  return {
    name: "b",
    driver: "remote",
    dynamic: false,
    extra: {},
    origin: "store",
    lastActivity: () => undefined,
    nodes: Object.entries(nodes).map(([name, platforms]) => ({
      name,
      endpoint: `tcp://${name}:1`,
      platforms: platforms.length > 0 ? parsePlatforms(platforms) : null,
      ...none,
    })),
  };
}

Deno.test("a platform goes to the node that fixes it, any other to the first", () => {
  const two = builder({ a: [], b: ["linux/arm64"] });
  assert.equal(chooseNode(two, []).name, "a");
  assert.equal(chooseNode(two, parsePlatforms(["aarch64"])).name, "b");
  assert.equal(chooseNode(two, parsePlatforms(["linux/s390x"])).name, "a");
});

Deno.test("platforms on different nodes, and a builder without nodes, are errors that say so", () => {
  const two = builder({ a: ["linux/amd64"], b: ["linux/arm64"] });
  assert.throws(() => chooseNode(two, parsePlatforms(["linux/amd64,linux/arm64"])), {
    message: "these platforms are fixed on several nodes: a, b",
  });
  assert.throws(() => chooseNode(builder({}), []), /has no nodes/);
});
