import { deepStrictEqual, strictEqual } from "node:assert";
import { stepOf } from "../../tests/progress/steps.ts";
import { dockerfileLines, withLines } from "./dockerfile_lines.ts";

const text = `# syntax=docker/dockerfile:1
FROM alpine AS Base
ENV A=1
RUN one \\
    # a comment within
    && two

FROM base AS app
COPY <<EOF /etc/x
RUN not an instruction
EOF
WORKDIR /app
run make

FROM scratch
COPY --from=app /a /
`;

Deno.test("dockerfileLines() finds the instruction of a step", () => {
  const lineOf = dockerfileLines(text);
  const cases: [string, number | undefined][] = [
    ["[base 1/2] FROM docker.io/library/alpine@sha256:1", 2],
    ["[base 2/2] RUN one     && two", 4],
    ["[linux/arm64 app 1/3] COPY <<EOF /etc/x", 9],
    ["[app 2/3] WORKDIR /app", 12],
    ["[web app 3/3] RUN make", 13],
    ["[stage-2 1/1] COPY --from=app /a /", 16],
    // The instruction or the numbers of another Dockerfile.
    ["[app 3/3] COPY x", undefined],
    ["[app 3/7] RUN make", undefined],
    ["[app 9/3] RUN make", undefined],
    ["[other 1/1] RUN x", undefined],
    ["[internal] load build context", undefined],
    ["exporting to image", undefined],
  ];
  for (const [name, line] of cases) strictEqual(lineOf(name), line, name);
});

Deno.test("dockerfileLines() knows a stage without a name", () => {
  strictEqual(dockerfileLines("FROM scratch\nCOPY a /\nRUN b\n")("[2/2] RUN b"), 3);
});

Deno.test("dockerfileLines() of a text that never ends an instruction ends", () => {
  for (
    const odd of ["", "FROM x\nRUN a \\", "RUN <<A <<B\n", "#", "FROM x\nRUN a \\\n# c", "AS AS"]
  ) {
    strictEqual(dockerfileLines(odd)("[a 1/1] COPY x"), undefined);
  }
});

Deno.test("withLines() reads the Dockerfile of each step's target", () => {
  const steps = ["[web internal] load x", "[web 2/2] RUN a", "[api app 1/1] RUN a"]
    .map((name) => stepOf(name));
  const texts = new Map([
    ["web", { name: "web/Dockerfile", text: "FROM x\nRUN a" }],
    ["api", { name: "api/Dockerfile", text: "\n\nFROM x AS app\nRUN a\nFROM app" }],
  ]);
  const timeline = { duration: 1, origin: 0, steps };
  const lines = withLines(timeline, () => undefined, (target) => texts.get(target));
  deepStrictEqual(lines.steps.map(({ source }) => source), [
    undefined,
    { file: "web/Dockerfile", line: 2 },
    { file: "api/Dockerfile", line: 4 },
  ]);
});
