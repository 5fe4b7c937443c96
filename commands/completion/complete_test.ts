import { deepEqual, equal, ok } from "node:assert/strict";
import { run } from "../../tests/commands/fake_deps.ts";
import { builderFile, tempStore } from "../../tests/commands/temp_store.ts";

/** The words that are offered, and the directive. */
async function offered(...words: string[]): Promise<string[]> {
  using temp = tempStore();
  const nodes = { far0: "tcp://127.0.0.1:1", far1: "tcp://127.0.0.1:2" };
  temp.write("instances/far", builderFile("far", nodes));
  const { code, stdout, stderr } = await run(["__complete", ...words], { env: temp.env });
  equal(code, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => line.split("\t")[0]!);
}

Deno.test("names that a shell might run or split are not offered", async () => {
  using temp = tempStore();
  const hostile = [
    ...["$(touch x)", "`id`", "a b", 'a"b', "a'b", "a;id"],
    ...["a|id", "a\\b", "a!b", "a\tb", "a\x1b[2J"],
  ];
  const nodes = [...hostile, "fine-1.x", "größe"].map((name) => [name, "tcp://h:1\x1b]0;x\x07"]);
  temp.write("instances/far", builderFile("far", Object.fromEntries(nodes)));
  const stages = ["$(touch${IFS}x)", "`id`", "a;id", "{a,b}", "<x", "ok"];
  temp.write("Dockerfile", stages.map((stage) => `FROM scratch AS ${stage}\n`).join(""));
  const ask = async (...words: string[]) =>
    (await run(["__complete", ...words], { env: temp.env, cwd: temp.path })).stdout;
  equal(
    await ask("create", "--name", "far", "--node", ""),
    "fine-1.x\ttcp://h:1 ]0;x \ngröße\ttcp://h:1 ]0;x \n:4\n",
  );
  equal(await ask("build", "--target", ""), "ok\n:4\n");
  equal(await ask("build", "--toString="), ":4\n");
  equal(await ask("build", "--constructor", ""), ":16\n");
});

Deno.test("commands, flags, and what follows them", async () => {
  ok((await offered("")).includes("build"));
  ok(!(await offered("")).includes("__complete"), "what is hidden stays so");
  deepEqual(await offered("im"), ["imagetools", ":4"]);
  deepEqual(await offered("history", "lo"), ["logs", ":4"]);
  deepEqual(await offered("build", "--progre"), ["--progress", ":4"]);
  deepEqual(await offered("build", "--progress", "p"), ["plain", ":4"]);
  deepEqual(await offered("build", "--progress=p"), ["--progress=plain", ":4"]);
  deepEqual(await offered("b", "--network", "ho"), ["host", ":4"], "by an alias");
  deepEqual(await offered("-D", "--builder", "fa"), ["far", ":4"], "before any command");
  deepEqual(await offered("use", "f"), ["far", ":4"]);
  deepEqual(await offered("rm", "far", "f"), [":4"], "not again what was named");
  deepEqual(await offered("create", "--name", "far", "--node", ""), ["far0", "far1", ":4"]);
  deepEqual(await offered("create", "tc"), ["tcp://", ":6"]);
  deepEqual(await offered("build", ""), [":16"]);
  deepEqual(await offered("build", "-f", ""), [":0"]);
  deepEqual(await offered("build", "-qf", ""), [":0"]);
  deepEqual(await offered("build", "-fx", ""), [":16"], "its value is there");
  deepEqual(await offered("build", "--", "-"), [":16"]);
  deepEqual(await offered("history", "inspect", "attachment", "--type", "s"), ["sbom", ":4"]);
  deepEqual(await offered("history", "ls", "--filter", "status=r"), ["status=running", ":6"]);
  deepEqual(await offered("prune", "--filter", "type=s"), [
    "type=source.local",
    "type=source.git.checkout",
    ":6",
  ]);
  deepEqual(await offered("imagetools", "create", "--prefer-index=f"), [
    "--prefer-index=false",
    ":4",
  ]);
  const drivers = ["docker-container", "kubernetes", "podman-container", "remote", ":4"];
  deepEqual(await offered("create", "--driver", ""), drivers, "what create takes");
  deepEqual(await offered("create", "--driver-opt", "memory"), ["memory=", "memory-swap=", ":6"]);
  deepEqual(await offered("help", "history", "lo"), ["logs", ":4"]);
  deepEqual(await offered("help", "use", ""), [":4"], "help takes no builder");
  deepEqual(await offered("buildx", "ls", "--form"), ["--format", ":4"], "as docker asks");
});

Deno.test("bake's targets and groups come from the files that -f names", async () => {
  using temp = tempStore();
  temp.write(
    "docker-bake.hcl",
    'group "all" { targets = ["app"] }\ntarget "app" { description = "The app" }\ntarget "web" {}\n',
  );
  temp.write("other.hcl", 'target "else" {}\n');
  const ask = async (...words: string[]) => {
    const { stdout } = await run(["__complete", "bake", ...words], { cwd: temp.path });
    return stdout.trimEnd().split("\n");
  };
  deepEqual(await ask("-f", `${temp.path}/docker-bake.hcl`, ""), [
    "all\tapp",
    "app\tThe app",
    "web",
    ":4",
  ]);
  deepEqual(await ask("-f", `${temp.path}/docker-bake.hcl`, "app", ""), ["all\tapp", "web", ":4"]);
  deepEqual(await ask("-f", `${temp.path}/other.hcl`, "e"), ["else", ":4"]);
  deepEqual(await ask("https://example.com/x.git", ""), [":4"]);
  deepEqual(await ask("-f", `${temp.path}/nope.hcl`, ""), [":4"]);
});

Deno.test("unknown words complete to nothing, and to no error", async () => {
  for (
    const words of [
      ["nope", ""],
      ["build", "--nope", ""],
      ["build", "--nope=x"],
      ["use", "far", ""],
      ["history", "logs", "--builder", "nope", ""],
      ["create", "--name", "nope", "--node", ""],
      ["build", "/nowhere", "--target", ""],
    ]
  ) {
    const found = await offered(...words);
    ok([":4", ":16"].includes(found.join()), `${words.join(" ")}: ${found.join()}`);
  }
  deepEqual(await offered(), await offered(""));
});
