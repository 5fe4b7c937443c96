/** Names of steps, in definitions as BuildKit's frontend makes them. */
import assert from "node:assert/strict";
import { UsageError } from "../base/usage_error.ts";
import { messageOf } from "../proto/message_of.ts";
import { SourceInfo } from "../proto/gen/pb.ts";
import { Step } from "../proto/gen/steps.ts";
import { chooseStep } from "./choose_step.ts";
import type { BuildStep } from "./definition.ts";

const dockerfile = `FROM scratch AS Tools
FROM busybox AS build
WORKDIR /w
RUN make
`;

/** @param names each step's name, and its line */
function resultOf(...names: readonly (readonly [name: string, line: number])[]) {
  const steps = names.map(([name, line]): BuildStep => ({
    digest: name,
    op: messageOf(Step, {}),
    name,
    places: [{ file: 0, range: { start: { line, character: 0 }, end: { line, character: 0 } } }],
  }));
  return {
    platform: "",
    ref: "ref",
    config: { env: [], user: "", cwd: "" },
    refs: new Map(),
    definition: {
      steps: new Map(steps.map((step) => [step.digest, step])),
      head: { digest: "", index: 0n },
      files: [messageOf(SourceInfo, { data: new TextEncoder().encode(dockerfile) })],
      withResult: () => new Uint8Array(),
    },
  };
}

const chosen = (text: string, result: ReturnType<typeof resultOf>) =>
  chooseStep(text, [result]).step?.name;

Deno.test("a build of one stage has no stage's name in brackets, but the Dockerfile has it", () => {
  const result = resultOf(["[1/3] FROM busybox", 2], ["[2/3] WORKDIR /w", 3], [
    "[3/3] RUN make",
    4,
  ]);
  for (const text of ["build", "Build", "build 3", "build 3/3", "3/3", "[3/3]", "4", "line 4"]) {
    assert.equal(chosen(text, result), "[3/3] RUN make", text);
  }
  assert.equal(chosen("build 2", result), "[2/3] WORKDIR /w");
});

Deno.test("a platform in the brackets is no stage", () => {
  const result = resultOf(
    ["[linux/amd64->arm64 build  9/10] WORKDIR /w", 3],
    ["[linux/amd64->arm64 build 10/10] RUN make", 4],
    ["[internal] load build context", 4],
  );
  assert.equal(chosen("build", result), "[linux/amd64->arm64 build 10/10] RUN make");
  assert.equal(chosen("build 9", result), "[linux/amd64->arm64 build  9/10] WORKDIR /w");
});

Deno.test("without a platform, the first one that has the step is meant", () => {
  const results = ["amd64", "arm64"].map((arch) => ({
    ...resultOf([`[linux/${arch} build 1/2] RUN make`, 4], [
      `[linux/${arch} on-${arch} 1/1] RUN`,
      4,
    ]),
    platform: `linux/${arch}`,
  }));
  const name = (text: string) => chooseStep(text, results).step?.name;
  assert.equal(name("build 1"), "[linux/amd64 build 1/2] RUN make");
  assert.equal(name("on-arm64"), "[linux/arm64 on-arm64 1/1] RUN");
  assert.equal(name("linux/arm64 build 1"), "[linux/arm64 build 1/2] RUN make");
  assert.throws(() => name("linux/amd64 on-arm64"), UsageError);
});

Deno.test("an unknown step gets the steps, the nearest one, or the target that has it", () => {
  const result = resultOf(["[build 1/2] FROM busybox", 2], ["[build 2/2] RUN make", 4]);
  const hints = (text: string) => {
    try {
      chooseStep(text, [result]);
    } catch (error) {
      assert.ok(error instanceof UsageError);
      return `${error.message}; ${error.hint}`;
    }
    throw new Error(`${text} names a step`);
  };
  assert.match(hints("buidl 2/2"), /no step is called "buidl 2\/2"; did you mean "build 2\/2"\?/);
  assert.match(hints("biuld"), /did you mean "build"\?/);
  assert.match(hints("nonsense"), /the steps are build 1\/2, build 2\/2/);
  assert.match(hints("tools"), /doesn't need the stage "tools"; --target tools builds it/);
});
