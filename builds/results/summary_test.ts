import { deepEqual } from "node:assert/strict";
import { stateOf } from "../../tests/progress/messages.ts";
import { type BuiltTarget, summary } from "./summary.ts";

const state = stateOf({
  v: [
    { d: "i", name: "[internal] load build context", start: 0, stop: 900 },
    { d: "a", name: "[1/3] FROM busybox", start: 0, stop: 0, cached: true },
    { d: "b", name: "[2/3] RUN make all of it", start: 900, stop: 4200 },
    { d: "c", name: "exporting to client directory", start: 4200, stop: 4300 },
  ],
  s: [{ v: "c", id: "copying files", at: 4300, start: 4200, stop: 4300, current: 82_000 }],
});

const text = (targets: BuiltTarget[], columns = 80) =>
  summary(targets, state, columns).map(({ label, value }) => label + value);

Deno.test("the block below a build names the image, its size and its place", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const image: BuiltTarget = {
    target: "default",
    outputs: [{
      type: "image",
      attrs: { name: "r/a:1,r/a:2", push: "true" },
      target: { to: "daemon" },
    }],
    answers: { "containerimage.digest": digest, "buildx.build.ref": "far/far0/abc" },
    size: 12_345_678,
  };
  deepEqual(text([image]), [
    "image    r/a:1, r/a:2",
    `digest   ${digest}`,
    "size     12.35MB",
    "output   pushed",
    "steps    1 of 3 cached, slowest: 3.3s [2/3] RUN make all of it",
    "timeline fairlead history timeline --builder far abc",
  ]);
  deepEqual(text([image], 40)[4], "steps    1 of 3 cached, slowest: 3.3s [");
});

Deno.test("an output without an image has the bytes that came here", () => {
  const folder: BuiltTarget = {
    target: "default",
    outputs: [{ type: "local", attrs: {}, target: { to: "directory", path: "out", mode: "copy" } }],
    answers: { "buildx.build.ref": "buildkit-host/buildkit-host0/abc" },
    size: undefined,
  };
  deepEqual(text([folder]).filter((line) => !line.startsWith("steps")), [
    "size     82.00kB",
    "output   folder out",
    "timeline fairlead history timeline abc",
  ]);
});

Deno.test("several targets have a line each", () => {
  const loaded: BuiltTarget = {
    target: "web",
    outputs: [{
      type: "docker",
      attrs: {},
      names: ["web:1"],
      target: { to: "engine", program: "docker", context: undefined, socket: undefined },
    }],
    answers: { "containerimage.digest": "sha256:0123456789abcdef" },
    size: 5000,
  };
  const kept: BuiltTarget = { target: "lint", outputs: [], answers: {}, size: undefined };
  deepEqual(text([loaded, kept]), [
    "web   web:1, sha256:0123456789ab, 5.00kB, loaded into docker",
    "lint  stays in the build cache",
    "steps 1 of 3 cached, slowest: 3.3s [2/3] RUN make all of it",
  ]);
});
