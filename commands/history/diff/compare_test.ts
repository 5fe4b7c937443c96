import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import type { Step } from "../../../progress/timeline/timeline.ts";
import { stepOf } from "../../../tests/progress/steps.ts";
import { readProvenance } from "../records/provenance.ts";
import { compareBuilds, type ComparedBuild, type StepRow } from "./compare.ts";
import { causeText } from "./diff_words.ts";

const digestOf = (name: string) => `sha256:${name.replaceAll(" ", "_")}`;

/** A step of one second; `inputs` are names. */
function step(name: string, outcome: Step["outcome"] = "done", inputs: string[] = []): Step {
  return stepOf(name, { digest: digestOf(name), outcome, inputs: inputs.map(digestOf) });
}

function build(steps: Step[], more: Partial<ComparedBuild> = {}): ComparedBuild {
  const ordered = steps.map((step, i) => ({
    ...step,
    bars: [{ start: i * 1000, stop: i * 1000 + 1000 }],
  }));
  return {
    timeline: { duration: steps.length * 1000, origin: 0, steps: ordered },
    attrs: {},
    provenance: undefined,
    outcome: "finished",
    ...more,
  };
}

/** The provenance of steps with an environment each. */
function withEnv(env: Record<string, string[]>) {
  return readProvenance({
    buildDefinition: {
      internalParameters: {
        buildConfig: {
          digestMapping: Object.fromEntries(
            Object.keys(env).map((name) => [digestOf(name), name]),
          ),
          llbDefinition: Object.entries(env).map(([id, env]) => ({
            id,
            op: { Op: { exec: { meta: { env } } } },
          })),
        },
      },
    },
  });
}

function whys(rows: readonly StepRow[]): [string, string[]][] {
  return rows.filter(({ causes }) => causes.length > 0)
    .map(({ name, causes }) => [name, causes.map(causeText)]);
}

const copy = "[app 1/3] COPY src /src";
const make = "[app 2/3] RUN make";
const tests = "[app 3/3] RUN tests";

Deno.test("a changed instruction is the reason, and steps behind it follow", () => {
  const a = build([step(copy), step(make, "done", [copy]), step(tests, "done", [make])]);
  const changed = "[app 2/3] RUN make all";
  const b = build([
    step(copy, "cached"),
    step(changed, "done", [copy]),
    step(tests, "done", [changed]),
  ]);
  const { rows } = compareBuilds(a, b);
  deepStrictEqual(whys(rows), [
    [copy, ["cached since A"]],
    [changed, ["instruction: RUN make → RUN make all"]],
    [tests, [`needs the result of ${changed}, which ran`]],
  ]);
  deepStrictEqual(rows.map(({ timeA, timeB }) => timeB - timeA), [-1000, 0, 0]);
});

Deno.test("a build argument is the reason, in a step's environment or in its name", () => {
  const attrs = (value: string) => ({ "build-arg:V": value });
  const [oldName, newName] = ["[app 3/3] RUN get 1", "[app 3/3] RUN get 2"];
  const a = build([step(make, "cached"), step(oldName, "cached")], {
    attrs: attrs("1"),
    provenance: withEnv({ [make]: ["V=1", "PATH=/bin"] }),
  });
  const b = build([step(make), step(newName)], {
    attrs: attrs("2"),
    provenance: withEnv({ [make]: ["V=2", "PATH=/bin"] }),
  });
  const { rows, inputs } = compareBuilds(a, b);
  deepStrictEqual(whys(rows), [
    [make, ["build argument V: 1 → 2"]],
    [newName, ["build argument V: 1 → 2"]],
  ]);
  deepStrictEqual(inputs, [{ kind: "build argument", name: "V", a: "1", b: "2" }]);
});

Deno.test("a name that differs by more than a build argument has another instruction", () => {
  const a = build([step("[1/1] RUN get 1 from x")], { attrs: { "build-arg:V": "1" } });
  const b = build([step("[1/1] RUN get 2 from y")], { attrs: { "build-arg:V": "2" } });
  match(whys(compareBuilds(a, b).rows)[0]![1][0]!, /^instruction: /);
});

Deno.test("a base image of another digest is the reason", () => {
  const [from, run] = [(c: string) => `[1/2] FROM x:1@sha256:${c.repeat(64)}`, "[2/2] RUN y"];
  const a = build([step(from("a"), "cached"), step(run, "cached", [from("a")])]);
  const b = build([step(from("b")), step(run, "done", [from("b")])]);
  deepStrictEqual(whys(compareBuilds(a, b).rows), [
    [from("b"), ["base image x:1: sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb"]],
    [run, [`needs the result of ${from("b").slice(0, 59)}…, which ran`]],
  ]);
  // The same image is looked up by each build.
  deepStrictEqual(whys(compareBuilds(a, build([step(from("a"))])).rows), []);
});

Deno.test("files of the context are the reason only of steps that read them", () => {
  const a = build([step(copy, "cached"), step(make, "cached")]);
  const { rows } = compareBuilds(a, build([step(copy), step(make)]));
  match(whys(rows)[0]![1][0]!, /^files of the context that it reads changed, or the cache/);
  deepStrictEqual(whys(rows)[1]![1], ["no input changed: the cache no longer had its result"]);
});

Deno.test("without a changed input, the cache had no result: it was pruned, or is another one", () => {
  const after = "[app 3/3] RUN after";
  const copied = "[2/2] COPY --from=app /x /";
  const steps = (outcome: Step["outcome"]) => [
    step(make, outcome),
    step(after, outcome, [make]),
    step(copied, outcome, [after]),
  ];
  const [a, b] = [build(steps("cached")), build(steps("done"))];
  const pruned = "no input changed: the cache no longer had its result";
  deepStrictEqual(whys(compareBuilds(a, b).rows), [
    [make, [pruned]],
    [after, [pruned]],
    [copied, [`needs the result of ${after}, which ran`]],
  ]);
  const elsewhere = "no input changed: the other builder had no result of it";
  deepStrictEqual(whys(compareBuilds(a, b, true).rows)[0], [make, [elsewhere]]);
  const other = build(steps("done"), { attrs: { platform: "linux/386" } });
  deepStrictEqual(whys(compareBuilds(a, other).rows).slice(0, 2), [
    [make, ["platform: none → linux/386"]],
    [after, [`needs the result of ${make}, which ran`]],
  ]);
});

Deno.test("--no-cache is the reason, for all stages or for one", () => {
  for (const noCache of ["", "other,APP"]) {
    const b = build([step(copy)], { attrs: { "no-cache": noCache } });
    deepStrictEqual(whys(compareBuilds(build([step(copy, "cached")]), b).rows), [[copy, [
      "--no-cache",
    ]]]);
  }
});

Deno.test("a step is found again when another one moves it, or its stage gets a number", () => {
  const a = build([step("[app 2/2] RUN make"), step("[stage-1 1/1] COPY a /")]);
  const b = build([
    step("[app 2/3] RUN new"),
    step("[app 3/3] RUN make", "cached"),
    step("[stage-2 1/1] COPY a /", "cached"),
  ]);
  const pairs = compareBuilds(a, b).rows.map((row) => [row.a?.name, row.b?.name]);
  deepStrictEqual(pairs, [
    [undefined, "[app 2/3] RUN new"],
    ["[app 2/2] RUN make", "[app 3/3] RUN make"],
    ["[stage-1 1/1] COPY a /", "[stage-2 1/1] COPY a /"],
  ]);
});

Deno.test("records that lack something are named", () => {
  const { lacking } = compareBuilds(build([]), build([step(make)], { outcome: "failed" }));
  match(lacking[0]!, /^The record of A has no steps/);
  match(lacking[1]!, /^B failed, so its time is not that of a whole build\.$/);
  match(lacking[2]!, /^The record of B has no provenance, because the build was not finished/);
});

Deno.test("hostile builds are compared in linear time", () => {
  const many = Array.from({ length: 30_000 }, (_, i) =>
    step(`[a ${i + 1}/30000] RUN x`, "done", [
      `[a ${i}/30000] RUN x`,
    ]));
  strictEqual(compareBuilds(build(many), build(many)).rows.length, 30_000);
  const ones = (n: number) =>
    build([step(`[a 1/1] RUN ${"1".repeat(n)}`)], {
      attrs: { "build-arg:V": n === 5000 ? "1" : "11" },
    });
  ok(compareBuilds(ones(5000), ones(5001)).rows.length === 1);
});
