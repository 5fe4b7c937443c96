/** Builds that can't succeed, on a real daemon: one clear message, and the right exit code. */
import assert from "node:assert/strict";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { withShared } from "../harness/shared.ts";
import { run } from "../harness/run.ts";
import { missing, need } from "../harness/tool.ts";
import { type InWorkspace, inWorkspace, workspace } from "./workspace.ts";
import { fairleadCommand } from "../harness/fairlead.ts";
import { fails } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

test("a failed step ends with its log's tail and the Dockerfile's lines, as buildx has it", async (space) => {
  space.write({
    "ctx/Dockerfile": `FROM busybox
RUN seq 1 20 && \\
    echo the end && \\
    exit 3
LABEL after=it
`,
  });
  const args = ["build", "--progress=plain", "--no-cache", "ctx"];
  const ours = await space.fairlead(args);
  const theirs = await space.buildx(args);
  assert.equal(ours.code, theirs.code);
  assert.equal(ours.code, 1);
  const end = (text: string) =>
    text.slice(text.indexOf("------\n >")).replace(/^WARNING.*\n/gm, "").replace(
      /^\d+\.\d+/gm,
      "T",
    );
  assert.equal(end(ours.stderr), end(theirs.stderr));
  assert.match(ours.stderr, />>> RUN seq 1 20/);
});

test("an entitlement that the command doesn't allow is not given, even if the daemon allows it", async () => {
  const config = 'insecure-entitlements = ["network.host", "security.insecure"]\n';
  await using daemon = await startBuildkitd({ config });
  await using space = await workspace(daemon.address);
  for (
    const [flag, allow] of [["--network=host", "network.host"], [
      "--security=insecure",
      "security.insecure",
    ]]
  ) {
    space.write({ "ctx/Dockerfile": `FROM scratch\nRUN ${flag} ["/true"]\n` });
    const refused = await fails(space.fairlead(["build", "ctx"]));
    assert.match(refused.stderr, new RegExp(`${allow} is not allowed`));
    const run = await space.fairlead(["build", `--allow=${allow}`, "ctx"]);
    assert.doesNotMatch(run.stderr, /is not allowed/, "then it runs, and finds no program");
  }
});

test("a build whose progress nobody reads any more ends, with 141 as buildx, and leaves nothing", async (space) => {
  space.write({
    "ctx/Dockerfile": "FROM busybox\nRUN for i in 1 2 3; do echo $i; sleep 1; done\n",
  });
  const programs = { fairlead: fairleadCommand(), buildx: [await need("buildx")] };
  // The first line is read, the rest isn't.
  const script = `"$@" 2>&1 >/dev/null | head -n 1; echo "\${PIPESTATUS[0]}"`;
  for (const [name, program] of Object.entries(programs)) {
    for (const mode of ["plain", "rawjson"]) {
      const args = ["build", `--progress=${mode}`, "--no-cache", "-o", name, "ctx"];
      const { stdout } = await run("bash", ["-c", script, "bash", ...program, ...args], {
        cwd: space.dir,
        env: space.env,
      });
      assert.match(stdout, /^\S.*\n141\n$/, `${name} ${mode}`);
      assert.throws(() => Deno.statSync(space.path(name)), Deno.errors.NotFound);
    }
  }
});

test("an error whose details hold a huge Dockerfile is reported as by buildx", async (space) => {
  space.write({ "ctx/Dockerfile": `#${"x".repeat(2_000_000)}\n` });
  const ours = await space.fairlead(["build", "ctx"]);
  const theirs = await space.buildx(["build", "ctx"]);
  const end = (text: string) => text.slice(text.indexOf("ERROR: "));
  assert.equal(end(ours.stderr), end(theirs.stderr));
  assert.match(
    ours.stderr,
    /\nERROR: failed to build: failed to solve: file with no instructions\n$/,
  );
  assert.equal(ours.code, theirs.code);
});

test("an internal error of the daemon is reported as by buildx", async (space) => {
  // It would be metadata of a call, which has no place for it.
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY . /\n", "ctx/.dockerignore": "a\0b\n" });
  const ours = await space.fairlead(["build", "ctx"]);
  const theirs = await space.buildx(["build", "ctx"]);
  const error = (text: string) => text.split("\n").findLast((line) => line.startsWith("ERROR: "));
  assert.match(error(ours.stderr)!, /failed to solve: Internal: rpc error/);
  assert.equal(error(ours.stderr), error(theirs.stderr));
  assert.equal(ours.code, theirs.code);
});

const cases: Record<
  string,
  { dockerfile?: string; args?: string[]; env?: Record<string, string>; message: RegExp }
> = {
  "an instruction that is none": {
    dockerfile: "FROM scratch\nCOPPY a b\n",
    message: /Dockerfile:2\n-+\n[^]*>>> COPPY a b[^]*unknown instruction: COPPY/,
  },
  "a file to copy that isn't there": {
    dockerfile: "FROM scratch\nCOPY nowhere /\n",
    message: /"\/nowhere": not found/,
  },
  "a target that isn't there": {
    args: ["--target=nope"],
    message: /target stage "nope" could not be found/,
  },
  "an image that isn't there": {
    dockerfile: "FROM 127.0.0.1:1/no/such:tag\n",
    message: /ERROR: .*127\.0\.0\.1:1\/no\/such:tag/,
  },
  "a Dockerfile that is missing": {
    args: ["-f", "No"],
    message:
      /hint: there is no .*\/No: -f is relative to the working[^]*failed to read dockerfile: open No: no such file or directory/,
  },
  "a Dockerfile that is a folder": {
    args: ["-f", "ctx"],
    message:
      /^ERROR: failed to build: failed to solve: failed to read dockerfile: ctx is not a regular file/m,
  },
  "a tag that is none": {
    args: ["-t", "Upper/Case"],
    message: /invalid tag "Upper\/Case": repository name must be lowercase/,
  },
  "a platform that is none": { args: ["--platform=a/b/c/d"], message: /"a\/b\/c\/d"/ },
  "an unknown flag": {
    args: ["--no-cash"],
    message: /hint: .*--no-cache[^]*unknown flag: --no-cash/,
  },
  "an output of an unknown type": {
    args: ["-o", "type=zip"],
    message: /exporter .?"?zip"? could not be found/,
  },
  "an output folder without a name": {
    args: ["-o", "type=local"],
    message: /dest is required for local exporter/,
  },
  "an output folder that is a file": {
    args: ["-o", "file"],
    message: /destination directory file is a file/,
  },
  "a progress mode that is none": {
    args: ["--progress=loud"],
    message: /invalid progress mode loud/,
  },
  "an unknown builder": {
    args: ["--builder=tets"],
    message: /hint: did you mean test\?[^]*no builder "tets" found/,
  },
  "a policy that isn't there": {
    args: ["--policy", "filename=none.rego"],
    message: /policy file none\.rego not found/,
  },
  "a switch that is none": {
    env: { BUILDX_NO_DEFAULT_ATTESTATIONS: "x" },
    message: /invalid BUILDX_NO_DEFAULT_ATTESTATIONS: strconv\.ParseBool: parsing "x"/,
  },
};

for (const [name, { dockerfile, args = [], env, message }] of Object.entries(cases)) {
  Deno.test({ name: `refused: ${name}`, ignore }, async () => {
    await using space = await workspace(shared.address);
    space.write({ "ctx/Dockerfile": dockerfile ?? "FROM scratch\nLABEL a=b\n", "file": "" });
    const { code, stderr, stdout } = await space.fairlead(["build", ...args, "ctx"], env);
    assert.match(stderr, message);
    assert.equal(code, 1, stderr);
    assert.equal(stdout, "");
    assert.equal(stderr.match(/^ERROR: /gm)?.length, 1, stderr);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}

test("a missing context and one that is a file are refused", async (space) => {
  space.write({ "file": "" });
  const none = await space.fairlead(["build", "nowhere"]);
  assert.match(none.stderr, /unable to prepare context: path "nowhere" not found/);
  const file = await space.fairlead(["build", "file"]);
  assert.match(
    file.stderr,
    /hint: it is not a folder: [^]*unable to prepare context: path "file" not found/,
  );
  assert.deepEqual([none.code, file.code], [1, 1]);
});

test("the error of the builder comes behind those of the flags, and before others, as in buildx", async (space) => {
  space.write({ "ctx/Dockerfile": "COPPY a b\n" });
  const error = (text: string) => text.split("\n").findLast((line) => line.startsWith("ERROR: "));
  for (const flag of ["--secret=id", "--ulimit=x", "--platform=a/b/c/d", "--progress=loud"]) {
    const args = ["build", "--builder=nobody", flag, "ctx"];
    const ours = error((await space.fairlead(args)).stderr);
    assert.equal(ours, error((await space.buildx(args)).stderr));
    assert.ok(ours, flag);
  }
});
