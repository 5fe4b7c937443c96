/**
 * The calls for steps' results. The gateway is a mock, which notes calls and fails when asked to.
 */
import assert from "node:assert/strict";
import type { Gateway } from "../buildkit/gateway.ts";
import { type PlatformResult, refOfInput } from "./results.ts";

function space() {
  const calls: string[] = [];
  const failures: Error[] = [];
  const call = (text: string) => {
    calls.push(text);
    const failure = failures.shift();
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  };
  const gateway = {
    async solve({ Definition, Evaluate }) {
      await call(
        `${Evaluate ? "solve and build" : "solve"} ${new TextDecoder().decode(Definition)}`,
      );
      return {
        result: { $case: "refDeprecated", refDeprecated: `ref ${calls.length}` },
        metadata: {},
      };
    },
    evaluate: (ref) => call(`build ${ref}`),
  } as Partial<Gateway> as Gateway;
  const result: PlatformResult = {
    ...{ platform: "", ref: "head's ref", config: { env: [], user: "", cwd: "" }, refs: new Map() },
    definition: {
      ...{ steps: new Map(), files: [] },
      head: { digest: "head", index: 0n },
      withResult: ({ digest }) => new TextEncoder().encode(digest),
    },
  };
  const refOf = (digest: string, build: "no" | "one call" | "two calls") =>
    refOfInput(gateway, result, { digest, index: 0n }, { build });
  return { calls, failures, refOf };
}

Deno.test("the daemon is asked once for a step's result, and then only to build it", async () => {
  const { calls, refOf } = space();
  assert.deepEqual(await Promise.all([refOf("a", "no"), refOf("a", "no")]), ["ref 1", "ref 1"]);
  assert.equal(await refOf("a", "one call"), "ref 1");
  assert.equal(await refOf("b", "one call"), "ref 3");
  assert.equal(await refOf("b", "no"), "ref 3");
  assert.equal(await refOf("c", "two calls"), "ref 4");
  assert.equal(await refOf("head", "one call"), "head's ref");
  const expected = ["solve a", "build ref 1", "solve and build b", "solve c", "build ref 4"];
  assert.deepEqual(calls, [...expected, "build head's ref"]);
});

Deno.test("a known result's call goes out within the turn, before those of the steps ahead", async () => {
  const { calls, refOf } = space();
  await refOf("a", "no");
  const built = refOf("a", "one call");
  const ahead = refOf("b", "no");
  assert.deepEqual(calls, ["solve a", "build ref 1", "solve b"]);
  await Promise.all([built, ahead]);
});

Deno.test("after a failure the daemon is asked again, and nobody waits for another's build", async () => {
  const { calls, failures, refOf } = space();
  failures.push(new Error("refused"), new Error("aborted"));
  await assert.rejects(refOf("a", "no"), /refused/);
  const building = refOf("a", "one call");
  assert.equal(await refOf("a", "no"), "ref 3");
  await assert.rejects(building, /aborted/);
  assert.equal(await refOf("a", "no"), "ref 3");
  assert.deepEqual(calls, ["solve a", "solve and build a", "solve a"]);
});
