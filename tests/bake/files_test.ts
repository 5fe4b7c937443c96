/** The definition files that are read, and their order, compared with buildx. */
import { deepEqual, equal, match } from "node:assert/strict";
import { type Workspace, workspace } from "../build/workspace.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";

const ignore = skip(await missing("buildx"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const target = (text: string) => `target "default" {\n  ${text}\n}\n`;

/** A definition under each name that bake looks for. Each definition names its file. */
const files = {
  "compose.yaml": "services: {default: {image: compose.yaml, build: {context: ., args: {A: 1}}}}\n",
  "docker-compose.yml": "services: {default: {build: {args: {B: '${FROM_DOTENV}'}}}}\n",
  "docker-bake.json": '{"target": {"default": {"args": {"C": "json"}}}}',
  "docker-bake.hcl": target('args = { D = "hcl", C = "hcl" }'),
  "docker-bake.override.json": '{"target": {"default": {"labels": {"L": "override"}}}}',
  "docker-bake.override.hcl": target('tags = ["override"]'),
  ".env": "FROM_DOTENV=dotenv\n",
  "one.hcl": target('args = { X = "one", Y = "one" }'),
  "two.hcl": target('args = { Y = "two" }'),
  "three.json": '{"target": {"default": {"args": {"Y": "three"}}}}',
  "named": target('args = { X = "no kind" }'),
  "compose": "services: {default: {build: ./compose}}\n",
  "vars.hcl": `variable "V" {\n  default = "d"\n}\n${
    target('args = { V = V, P = "${BAKE_LOCAL_PLATFORM} ${BAKE_CMD_CONTEXT}" }')
  }`,
  "contexts.hcl": `${target('context = ""')}
target "b" {
  context = "docker-image://a"
  output = ["type=oci"]
}
target "c" {
  output = ["type=tar"]
}
`,
  "compose-vars.yaml": "services: {default: {build: {context: ., args: {V: '${V}'}}}}\n",
  "sub/rel.hcl": target('contexts = { a = "./x" }'),
  "sub/docker-bake.hcl": target('context = "y"'),
};

async function same(
  space: Pick<Workspace, "fairlead" | "buildx">,
  words: readonly string[],
  env: Record<string, string> = {},
  stdin?: string,
) {
  const ours = await space.fairlead(["bake", "--print", ...words], env, stdin);
  const theirs = await space.buildx(["bake", "--print", ...words], env, stdin);
  const what = `${words.join(" ")} ${JSON.stringify(env)}: ${ours.stderr}`;
  equal(ours.stdout, theirs.stdout, what);
  equal(ours.code, theirs.code, what);
  return ours;
}

test("definition files: the default ones, -f, stdin and the environment", async () => {
  await using space = await workspace("unix:///nowhere");
  space.write(files);
  await same(space, []);
  await same(space, ["-f", "one.hcl", "-f", "two.hcl"]);
  await same(space, ["-f", "two.hcl", "-f", "one.hcl", "-f", "three.json"]);
  await same(space, ["-f", "one.hcl", "-f", "compose.yaml"]);
  await same(space, ["-f", "named"]);
  await same(space, ["-f", "compose"]);
  await same(space, ["-f", "cwd://one.hcl"]);
  await same(space, ["-f", "-"], {}, files["two.hcl"]);
  await same(space, ["-f", "one.hcl", "-f", "-", "-f", "-"], {}, files["three.json"]);
  await same(space, ["-f", "-"], {}, files.compose);
  await same(space, ["-f", "-"], {}, '{"services": {"default": {"build": {"context": "json"}}}}');
  await same(space, ["-f", "-"], {}, '{"target": {"default": {"args": {"A": "$${x}"}}}}');
  await same(space, ["-f", "-"], {}, '\uFEFFtarget "default" {}\r\n');
  await same(space, [], { BUILDX_BAKE_FILE: "one.hcl: two.hcl:" });
  await same(
    space,
    [],
    { BUILDX_BAKE_FILE: "one.hcl;-", BUILDX_BAKE_PATH_SEPARATOR: ";" },
    files["two.hcl"],
  );
  await same(space, [], { BUILDX_BAKE_FILE: "" });
  await same(space, ["-f", "two.hcl"], { BUILDX_BAKE_FILE: "one.hcl" });
  await same(space, ["-f", "vars.hcl"], { V: "env" });
  await same(space, ["-f", "vars.hcl", "--var", "V=var"], { V: "env" });
  await same(space, ["-f", "vars.hcl"], { V: "env", BUILDX_BAKE_DISABLE_VARS_ENV_LOOKUP: "1" });
  await same(space, ["-f", "compose-vars.yaml", "--var", "V=var"], { V: "env" });
  // `.env` sees the environment, and no --var.
  space.write({ "env/.env": "V=${W}-dot\n", "env/compose.yaml": files["compose-vars.yaml"] });
  await same(space.below("env"), ["--var", "W=var"], { W: "env" });
  await same(space, ["-f", "contexts.hcl", "default", "b", "c"]);
  await same(space, ["-f", "contexts.hcl", "--set", "b.shm-size=", "b"]);
  await same(space, ["-f", "sub/rel.hcl"], { BUILDX_BAKE_FILE_RELATIVE_PATHS: "1" });
  await same(space, ["-f", "sub/rel.hcl", "-f", "sub/docker-bake.hcl"], {
    BUILDX_BAKE_FILE_RELATIVE_PATHS: "true",
  });
  await same(space, ["-f", "one.hcl"], { SOURCE_DATE_EPOCH: "12" });
});

test("shorthand flags change a definition as in buildx", async () => {
  await using space = await workspace("unix:///nowhere");
  space.write({
    "docker-bake.hcl": `
target "default" { tags = ["a/b"] }
target "image" { output = ["type=image,name=x"] }
target "docker" { output = ["type=docker"] }
target "local" { output = ["out"] }
target "push" { output = ["type=registry"] }
group "all" { targets = ["default", "image", "docker", "local", "push"] }
`,
  });
  for (
    const words of [
      ["--push"],
      ["--load"],
      ["--no-cache"],
      ["--no-cache=false", "--pull=false"],
      ["--pull"],
      ["--sbom", "true", "--provenance", "mode=max"],
      ["--provenance=false"],
      ["--sbom=generator=x"],
      ["--check"],
      ["--call", "outline"],
      ["--call=build"],
      ["--set", "*.platform=linux/arm64", "--set", "default.args.A=1"],
      ["--set", "*.push=false"],
      ["--policy", "strict=true"],
      ["--policy", "disabled=true"],
    ]
  ) {
    await same(space, [...words, "all"]);
  }
});

test("definition files that can't be had, and flags that can't be", async () => {
  await using space = await workspace("unix:///nowhere");
  space.write({ "one.hcl": target("") });
  const cases: [words: string[], env: Record<string, string>, message: string][] = [
    [[], {}, "couldn't find a bake definition"],
    [["-f", "gone.hcl"], {}, "open gone.hcl: no such file or directory"],
    [[], { BUILDX_BAKE_FILE: "gone.hcl" }, "stat gone.hcl: no such file or directory"],
    [["-f", "one.hcl", "--list", "targets"], {}, "--print and --list are mutually exclusive"],
    [["-f", "one.hcl", "--var", "x"], {}, 'invalid variable "x", expected key=value'],
    [["-f", "one.hcl", "nope"], {}, "failed to find target nope"],
    [["-f", "one.hcl", "z*"], {}, 'could not find any target matching "z*"'],
    [
      ["-f", "one.hcl", "--policy", "disabled=true,strict=true"],
      {},
      "disabled policy cannot be combined with other policy flags",
    ],
    [
      ["-f", "one.hcl", "--policy", "filename=x"],
      {},
      "--policy does not accept filename; define policy files in the bake definition",
    ],
    [
      ["-f", "one.hcl", "--policy", "Reset=true"],
      {},
      "--policy does not accept reset; define policy composition in the bake definition",
    ],
    [["-f", "one.hcl", "--policy", "x=y"], {}, "invalid value x=y"],
    [["-f", "one.hcl", "--call", "a,b"], {}, "invalid print value: a,b"],
  ];
  for (const [words, env, message] of cases) {
    const ours = await same(space, words, env);
    equal(ours.stderr.match(/^ERROR: (.*)$/m)?.[1], message);
    const theirs = await space.buildx(["bake", "--print", ...words], env);
    equal(theirs.stderr.match(/^ERROR: (.*)$/m)?.[1], message);
  }
  const folder = await space.fairlead(["bake", "--print", "-f", "."]);
  match(folder.stderr, /^ERROR: open \.: is a directory/m);
});

test("the old flags for listing warn once for each use", async () => {
  await using space = await workspace("unix:///nowhere");
  space.write({ "docker-bake.hcl": `variable "V" {\n  default = "d"\n}\n${target("")}` });
  for (const what of ["targets", "variables"]) {
    const words = ["bake", `--list-${what}`, `--list-${what}=true`];
    const [ours, theirs] = [await space.fairlead(words), await space.buildx(words)];
    match(ours.stderr, new RegExp(`^Flag --list-${what} has been deprecated, .*list=${what} `));
    deepEqual(ours.stderr.match(/^Flag .*$/gm), theirs.stderr.match(/^Flag .*$/gm));
    equal(ours.stdout, theirs.stdout);
  }
});
