import assert from "node:assert/strict";
import { builderOf } from "../tests/commands/stored_nodes.ts";
import { chooseNode } from "./choose_node.ts";
import { parsePlatforms } from "./platforms.ts";

Deno.test("a platform goes to the node that fixes it, any other to the first", () => {
  const two = builderOf({ a: "", b: "linux/arm64" });
  assert.equal(chooseNode(two, []).name, "a");
  assert.equal(chooseNode(two, parsePlatforms(["aarch64"])).name, "b");
  assert.equal(chooseNode(two, parsePlatforms(["linux/s390x"])).name, "a");
});

Deno.test("platforms on different nodes, and a builder without nodes, are errors that say so", () => {
  const two = builderOf({ a: "linux/amd64", b: "linux/arm64" });
  assert.throws(() => chooseNode(two, parsePlatforms(["linux/amd64,linux/arm64"])), {
    message: "these platforms are fixed on several nodes: a, b",
  });
  assert.throws(() => chooseNode(builderOf({}), []), /has no nodes/);
});
