/** Questions about a Dockerfile, compared with buildx: the output and the exit code. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { alike, type InWorkspace, inWorkspace } from "./workspace.ts";
import { succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

const dockerfile = `# what it is
FROM busybox as one
# version of it
ARG VERSION=1
ARG OTHER
RUN --mount=type=secret,id=s,required=true --mount=type=ssh true
ENV PASSWORD x
# second one
FROM one AS two
FROM two
`;

/** Cases without a stdin, each by its arguments. */
const cases: string[][] = [
  ["--check", "ctx"],
  ["--call=check", "ctx"],
  ["--call=check,ignorestatus=true", "ctx"],
  ["--call=lint", "--target=one", "-f", "ctx/Dockerfile", "ctx"],
  ["--check", "-q", "-f", "./ctx/Clean", "ctx"],
  ["--call=check", "-f", "ctx/Broken", "ctx"],
  ["--call=check,format=json", "-f", "ctx/Clean", "ctx"],
  ["--call=outline", "ctx"],
  ["--call=outline", "--target=one", "--build-arg=OTHER=x", "ctx"],
  ["--call=targets", "./ctx/"],
  ["--call=subrequests.describe", "ctx"],
  ["--call=targets,format=json", "ctx"],
  ["--check", "--call=outline", "ctx"],
  ["--call=outline", "--check", "ctx"],
  ["--call=targets", "--check=false", "ctx"],
  ["--check", "--print=targets", "ctx"],
  ["--print=targets", "--check", "ctx"],
  ["--check", "-f", "ctx/Marked", "ctx"],
  ["--call=unheard", "ctx"],
  ["--call=outline,targets", "ctx"],
  ["--call=outline,x=y", "ctx"],
];

test("--check and --call print what buildx prints", async (space) => {
  space.write({
    "ctx/Dockerfile": dockerfile,
    "ctx/Clean": "FROM scratch\nCOPY x /\n",
    "ctx/Marked": "\ufeffFROM scratch as x\n",
    "ctx/Broken": "FROM nox\nCOPPY x\n",
  });
  for (const args of cases) {
    const ours = await space.fairlead(["build", "--progress=auto", ...args]);
    const theirs = await space.buildx(["build", "--progress=auto", ...args]);
    if (args[0]!.includes("json")) {
      // The Dockerfile's own definition has each session's id.
      const lasting = (text: string) =>
        JSON.parse(text, (key, value) => key === "definition" ? undefined : value);
      assert.deepEqual(lasting(ours.stdout), lasting(theirs.stdout), args.join(" "));
    } else assert.equal(ours.stdout, theirs.stdout, args.join(" "));
    assert.equal(ours.code, theirs.code, args.join(" "));
    // buildx says some messages twice: "unsupported request X: unsupported request X".
    const errors = (text: string) =>
      text.match(/^ERROR: [^]*/m)?.[0].replace(/\nhint: .*/g, "").replace(/(: .+)\1$/m, "$1")
        .trimEnd();
    assert.equal(errors(ours.stderr), errors(theirs.stderr), args.join(" "));
    assert.doesNotMatch(ours.stderr, /No output specified/);
  }
});

test("an answer goes to the metadata file, and nothing is built or recorded", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY nowhere /\n" });
  await alike(async (program) => {
    const args = ["build", "--check", "--metadata-file=m.json", "-"];
    const { stdout } = await succeeds(space[program](
      args,
      {},
      "FROM scratch\nCOPY nowhere /\n",
    ));
    assert.equal(stdout, "Check complete, no warnings found.\n");
    return JSON.parse(space.read("m.json"), (key, value) => key === "definition" ? 0 : value);
  });
  assert.ok(!await Deno.stat(space.path(".store/refs/test")).catch(() => undefined));
});
