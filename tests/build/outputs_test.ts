/** The outputs of a build, on a real daemon, compared with the peer's. */
import assert from "node:assert/strict";
import { testAlone } from "../harness/alone.ts";
import { withShared } from "../harness/shared.ts";
import { check } from "../harness/run.ts";
import { missing } from "../harness/tool.ts";
import { type InWorkspace, inWorkspace, programs, workspace } from "./workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

test("a folder: contents, modes, links and times are the build's", async (space) => {
  space.write({
    "ctx/Dockerfile": `FROM busybox AS make
RUN mkdir -p /out/d && echo hi >/out/d/f && chmod 4751 /out/d/f && ln -s f /out/d/l && ln /out/d/f /out/d/h && touch -d '2001-02-03 04:05:06' /out/d/f
FROM scratch
COPY --from=make /out /
`,
  });
  await succeeds(space.fairlead(["build", "-o", "out", "ctx"]));
  assert.equal(space.read("out/d/f"), "hi\n");
  const stat = Deno.lstatSync(space.path("out/d/f"));
  assert.equal(stat.mode! & 0o7777, 0o4751);
  assert.equal(stat.mtime!.toISOString(), "2001-02-03T04:05:06.000Z");
  assert.equal(Deno.readLinkSync(space.path("out/d/l")), "f");
  assert.equal(Deno.lstatSync(space.path("out/d/h")).ino, stat.ino);
});

test("-q prints the image's id, or an empty line, as buildx does", async (space) => {
  space.write({ "Dockerfile": "FROM scratch\nCOPY a.txt /\n", "a.txt": "a" });
  for (const output of [[], ["-o", "out"], ["-o", "type=oci,dest=o.tar", "--provenance=false"]]) {
    const args = ["build", "-q", ...output, "."];
    const [ours, theirs] = [await space.fairlead(args), await space.buildx(args)];
    assert.equal(ours.code, 0, ours.stderr);
    assert.equal(ours.stdout, theirs.stdout, args.join(" "));
  }
});

test("a tar, to a file and to stdout", async (space) => {
  space.write({ "Dockerfile": "FROM scratch\nCOPY a.txt /\n", "a.txt": "a" });
  await succeeds(space.fairlead(["build", "-o", "type=tar,dest=deep/er/out.tar", "."]));
  assert.equal((await check("tar", ["tf", space.path("deep/er/out.tar")])).stdout, "a.txt\n");
  const pipe = await succeeds(space.fairlead(["build", "-q", "-o", "-", "."]));
  assert.match(pipe.stdout, /^a\.txt\0/);
  assert.deepEqual([...Deno.readDirSync(space.path("deep/er"))].map(({ name }) => name), [
    "out.tar",
  ]);
  // /dev/stdout is a path that leads to a pipe, which has no path itself.
  for (const program of programs) {
    const named = await space[program](["build", "-o", "type=tar,dest=/dev/stdout", "."]);
    assert.match(named.stdout, /^a\.txt\0/, named.stderr);
  }
});

test("link/.. leads where the system says, as for buildx", async (space) => {
  for (const program of programs) {
    space.write({
      "ctx/Dockerfile": "FROM scratch\nCOPY --from=named b /\nCOPY a /\n",
      "ctx/a": "not this one",
      "else/ctx/Dockerfile": "FROM scratch\nCOPY --from=named b /\nCOPY a /\n",
      "else/ctx/a": "this one",
      "named/b": "not this one",
      "else/named/b": "this one",
      "else/where/f": "",
      "out/kept": "",
      "else/out/gone": "",
    });
    if (program === "fairlead") Deno.symlinkSync("else/where", space.path("link"));
    await succeeds(space[program]([
      ...["build", "--build-context=named=link/../named", "-o", "type=tar,dest=link/../out.tar"],
      ...["-o", "type=local,dest=link/../out,mode=delete", "--allow=buildx.local.delete"],
      "link/../ctx",
    ]));
    const names = (folder: string) =>
      [...Deno.readDirSync(space.path(folder))].map(({ name }) => name).sort();
    assert.deepEqual([names("out"), names("else/out")], [["kept"], ["a", "b"]], program);
    assert.deepEqual([space.read("else/out/a"), space.read("else/out/b")], [
      "this one",
      "this one",
    ]);
    Deno.removeSync(space.path("else"), { recursive: true });
  }
});

test("a folder that would be cleared is named by its real path", async (space) => {
  space.write({ "cwd/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n", "else/where/f": "" });
  space.write({ "else/out/kept": "" });
  Deno.symlinkSync("../else/where", space.path("cwd/link"));
  const { stderr } = await fails(
    space.below("cwd").fairlead([
      ...["build", "-o", "type=local,dest=link/../out,mode=delete", "."],
    ]),
  );
  assert.match(stderr, /"link\/\.\.\/out" requires --allow=buildx\.local\.delete/);
  assert.equal(space.read("else/out/kept"), "");
});

for (const type of ["oci", "docker"]) {
  Deno.test({
    name: `an image as ${type} archive, its id and metadata as buildx gives them`,
    ignore,
  }, async () => {
    await using space = await workspace(shared.address);
    space.write({ "Dockerfile": "FROM scratch\nCOPY a.txt /\nLABEL x=y\n", "a.txt": "a" });
    const args = (name: string) => [
      ...["build", "-t", "example.com/a/b:c", "-o", `type=${type},dest=${name}.tar`],
      ...[`--metadata-file=${name}.json`, `--iidfile=${name}.iid`, "."],
    ];
    // A fixed time makes the two images one.
    const env = { SOURCE_DATE_EPOCH: "0" };
    await succeeds(space.fairlead(args("ours"), env));
    await succeeds(space.buildx(args("theirs"), env));
    assert.equal(space.read("ours.iid"), space.read("theirs.iid"));
    assert.deepEqual(metadata(space.read("ours.json")), metadata(space.read("theirs.json")));
    const list = async (name: string) => (await check("tar", ["tf", space.path(name)])).stdout;
    assert.equal(await list("ours.tar"), await list("theirs.tar"));
  });
}

/**
 * Returns the content of a metadata file, without the values that differ between any two builds.
 */
function metadata(text: string): unknown {
  const { "buildx.build.ref": ref, "buildx.build.provenance": _, ...rest } = JSON.parse(text);
  assert.match(ref, /^test\/test0\/[0-9a-z]{25}$/);
  return rest;
}

test("-q prints the image's id alone; --iidfile of an earlier run goes away first", async (space) => {
  space.write({ "Dockerfile": "FROM scratch\nLABEL q=q\n", "iid": "old" });
  const quiet = await succeeds(
    space.fairlead(["build", "-q", "-o", "type=image", "--iidfile=iid", "."]),
  );
  assert.match(quiet.stdout, /^sha256:[0-9a-f]{64}\n$/);
  assert.equal(quiet.stderr, "");
  assert.equal(space.read("iid"), quiet.stdout.trim());
  space.write({ "Dockerfile": "FROM scratch\nCOPY nothing /\n" });
  await fails(space.fairlead(["build", "--iidfile=iid", "--metadata-file=md", "."]));
  assert.throws(() => space.read("iid"), Deno.errors.NotFound);
  assert.throws(() => space.read("md"), Deno.errors.NotFound);
});

testAlone({
  name: "the umask holds for --iidfile and not for --metadata-file, as with buildx",
  file: import.meta.url,
  ignore,
}, async () => {
  await using space = await workspace(shared.address);
  space.write({ "Dockerfile": "FROM scratch\nLABEL u=u\n" });
  Deno.umask(0o027);
  for (const program of programs) {
    const files = [`--iidfile=${program}.iid`, `--metadata-file=${program}.json`];
    await succeeds(space[program](["build", ...files, "."]));
    const modes = ["iid", "json"].map((end) => Deno.statSync(space.path(`${program}.${end}`)).mode);
    assert.deepEqual(modes.map((mode) => mode! & 0o777), [0o640, 0o644], program);
  }
});

test("--push goes to the registry, and FROM takes it from there", async (space) => {
  const name = `${shared.registry}/pushed/${crypto.randomUUID()}:v1`;
  space.write({ "Dockerfile": "FROM scratch\nCOPY a.txt /\n", "a.txt": "pushed" });
  await succeeds(space.fairlead(["build", "--push", "-t", name, "."]));
  const [repository] = name.slice(shared.registry.length + 1).split(":v1");
  const manifest = await fetch(`http://${shared.registry}/v2/${repository}/manifests/v1`, {
    headers: {
      accept: "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
    },
  });
  assert.equal(manifest.status, 200);
  await manifest.body?.cancel();
  space.write({ "Second": `FROM ${name}\n` });
  await succeeds(space.fairlead(["build", "--pull", "-f", "Second", "-o", "out", "."]));
  assert.equal(space.read("out/a.txt"), "pushed");
});

test("several platforms come out of one build", async (space) => {
  space.write({
    "Dockerfile": "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /arch\n",
    amd64: "x",
    arm64: "a",
  });
  const args = ["build", "--platform=linux/amd64,linux/arm64", "-o", "out", "."];
  await succeeds(space.fairlead(args));
  assert.equal(space.read("out/linux_amd64/arch"), "x");
  assert.equal(space.read("out/linux_arm64/arch"), "a");
});

test("a build without an output warns of it, and names the two ways", async (space) => {
  space.write({ "Dockerfile": "FROM scratch\nLABEL a=b\n" });
  const { stderr } = await succeeds(space.fairlead(["build", "."]));
  assert.match(stderr, /WARNING: No output specified with remote driver\..*--push.*--load/);
  // Below the steps, where it is seen.
  for (const args of [["."], ["--progress=rawjson", "."]]) {
    const [ours, theirs] = [
      await space.fairlead(["build", ...args]),
      await space.buildx(["build", ...args]),
    ];
    const end = (text: string) => text.slice(text.lastIndexOf("WARNING: "));
    assert.equal(end(ours.stderr), end(theirs.stderr));
  }
  const failed = await fails(space.fairlead(["build", "--target=no", "."]));
  assert.doesNotMatch(failed.stderr, /WARN/, "a failed build has no result");
  assert.doesNotMatch(
    (await space.fairlead(["build", "."], { BUILDX_NO_DEFAULT_LOAD: "1" })).stderr,
    /WARN/,
  );
});
