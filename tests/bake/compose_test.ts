/**
 * Compose files as bake definitions: the output and the errors of `--print`, compared with buildx.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { run as runInside } from "../commands/fake_deps.ts";
import { type Ran, run } from "../harness/run.ts";
import { skip } from "../harness/skip.ts";
import { missing, need } from "../harness/tool.ts";
import { samples } from "./compose_samples.ts";
import { composeError as errorOf } from "./runs.ts";
import { denoDir, fairlead } from "../harness/fairlead.ts";
import { removedLater } from "../harness/remove_folder.ts";

const ignore = skip(await missing("buildx"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const env = { HOME: "/root", PATH: Deno.env.get("PATH") ?? "", BUILDX_CONFIG: "/nonexistent" };

/** Writes the files into a folder of their own and gives the `c*.yaml` to both programs. */
async function both(files: Readonly<Record<string, string>>): Promise<{ ours: Ran; theirs: Ran }> {
  const cwd = await Deno.makeTempDir({ prefix: "fairlead-compose-" });
  await using _ = removedLater(cwd);
  for (const [name, text] of Object.entries(files)) {
    Deno.mkdirSync(`${cwd}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${cwd}/${name}`, text);
  }
  const names = Object.keys(files).filter((name) => /^c\d?\.yaml$/.test(name)).sort();
  const words = ["bake", "--print", ...names.flatMap((name) => ["-f", name])];
  const theirs = await run(await need("buildx"), words, { cwd, env });
  // Secrets are looked for from the process's own folder.
  const ours = Object.values(files).some((text) => /^ *secrets:|secrets\.yaml/m.test(text))
    ? await fairlead(words, { cwd, env: { ...env, DENO_DIR: denoDir } })
    : await runInside(words, { cwd, env });
  return { ours, theirs };
}

/** Returns the warnings, each once: the peer reads files twice and repeats its warnings. */
function warningsOf({ stderr }: Ran): string[] {
  return [...new Set(stderr.match(/^WARNING: .*$/gm) ?? [])].sort();
}

test("compose files: printed as buildx prints them, or refused in its words", async (t) => {
  for (const [name, files] of Object.entries(samples)) {
    await t.step(name, async () => {
      const { ours, theirs } = await both(files);
      equal(errorOf(ours), errorOf(theirs));
      equal(ours.stdout, theirs.stdout);
      equal(ours.code, theirs.code);
      deepEqual(warningsOf(ours), warningsOf(theirs));
    });
  }
});

const web = (build: string) => `services:\n  web:\n    build: ${build}\n`;

test("compose files that both programs refuse have errors of our own words", async () => {
  const cases: [text: string, message: RegExp][] = [
    ["services: &s\n  web:\n    build: .\n    x-y: *s\n", /^failed to parse .*contains itself/],
    [web("*nope"), /^failed to parse .*unknown anchor 'nope' referenced/],
    [web(".\n    build: x"), /mapping key "build" already defined at line 3/],
    ["services:\n  web: [\n", /^failed to parse .*line 3, column 1/],
    ["services:\n\tweb:\n    build: .\n", /^failed to parse .*Tabs are not allowed/],
    [web("\n      <<: 3"), /map merge requires map or sequence of maps as the value/],
    [web("{context: ., no_cache: maybe}"), /invalid boolean: maybe/],
    [web("{context: ., args: ['A =1']}"), /environment variable A .* trailing space/],
    [web("{context: ., extra_hosts: [a]}"), /invalid additional host, missing IP: a/],
    // The peer names one of the two by chance.
    [
      "services: {web: {build: {unknown: 1}}, db: {build: {unknown: 1}}}\n",
      /^services\.db\.build additional properties 'unknown' not allowed/,
    ],
    [web("{context: ., x-bake: [a]}"), /x-bake must be a mapping/],
    [web("{context: ., x-bake: {tags: {a: b}}}"), /x-bake\.tags must be text, and .* map\[a:b\]/],
    [web("{context: ., x-bake: {output: [[a]]}}"), /x-bake\.output must be text, and .* \[a\]/],
    [web("{context: ., x-bake: {contexts: [a=b]}}"), /x-bake\.contexts must be a mapping/],
    [web("{context: ., x-bake: {contexts: {a: {}}}}"), /x-bake\.contexts\.a must be text/],
  ];
  for (const [text, message] of cases) {
    const { ours, theirs } = await both({ "c.yaml": text });
    match(errorOf(ours), message, text);
    equal(theirs.code, 1, text);
  }
  const { ours } = await both({ "c.yaml": web("."), ".env": "A*B=1\n" });
  match(errorOf(ours), /\.env: line 1: unexpected character/);
});

test("compose files that make buildx fail or crash are read, or refused with an error", async () => {
  const single = await both({ "c.yaml": web("{context: ., ulimits: {nofile: 5}}") });
  deepEqual(JSON.parse(single.ours.stdout).target.web.ulimits, ["nofile=5:5"]);
  deepEqual(JSON.parse(single.theirs.stdout).target.web.ulimits, ["nofile=0:0"]);
  const text = await both({
    "c.yaml": web("{context: ., ulimits: {nofile: {soft: 4, hard: '5'}}}"),
  });
  deepEqual(JSON.parse(text.ours.stdout).target.web.ulimits, ["nofile=4:5"]);
  match(text.theirs.stderr, /^panic: /m);
  const number = await both({ "c.yaml": web("{context: 3}") });
  equal(errorOf(number.ours), "services.web.build.context must be a string");
  match(number.theirs.stderr, /^panic: /m);
});
