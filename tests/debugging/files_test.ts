/** `build --files`, `--cat` and `--copy`, as users call them, on a real daemon. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { type Workspace, workspace } from "../build/workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

const dockerfile = `FROM busybox AS one
WORKDIR /w
RUN mkdir -p d/e && echo hello > d/f && ln -s f d/l && chmod 4750 d/f
RUN head -c 9000000 /dev/urandom > /big
FROM busybox
COPY --from=one /w /w
WORKDIR /w
RUN echo report > made && cat nothing
`;

async function space(): Promise<Workspace> {
  const made = await workspace(shared.address);
  made.write({ "ctx/Dockerfile": dockerfile });
  return made;
}

test("files of any step are listed by stage, number, line or path", async () => {
  await using it = await space();
  const list = async (flag: string) => {
    const { stdout } = await succeeds(it.fairlead(["build", "-q", flag, "ctx"]));
    return stdout.split("\n").map((line) => line.split("  ").at(-1) ?? "").join(" ").trim();
  };
  assert.equal(await list("--files=one"), "big bin dev etc proc root sys tmp w");
  for (const step of ["one 3", "one 3/4", "[one 3/4]", "3", "line 3"]) {
    assert.equal(await list(`--files=${step}:/w/d`), "e f l -> f", step);
  }
  const { stdout } = await it.fairlead(["build", "-q", "--files=one:/w/d/f", "ctx"]);
  assert.match(stdout, /^urwxr-x--- {2}0:0 {2}6 {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}f\n$/);
});

test("names with control characters are quoted, one line each", async () => {
  await using it = await workspace(shared.address);
  it.write({
    "ctx/Dockerfile":
      `FROM busybox AS only\nWORKDIR /w\nRUN touch "$(printf 'a\\033[2Jb')" "$(printf 'c\\nd')"\n`,
  });
  const { stdout, stderr } = await it.fairlead(["build", "-q", "--files=only:/w", "ctx"]);
  const names = stdout.trimEnd().split("\n").map((line) => line.split("  ").at(-1));
  assert.deepEqual(names, ['"a\\u001b[2Jb"', '"c\\nd"'], stderr);
});

test("the files that a failed step left are printed and copied", async () => {
  await using it = await space();
  const cat = await it.fairlead(["build", "-q", "--cat", "8:/w/made", "ctx"]);
  assert.deepEqual([cat.code, cat.stdout], [0, "report\n"]);
  assert.match(cat.stderr, /the step failed: these are the files that it left/);
  const before = await it.fairlead(["build", "-q", "--files=7:/w", "ctx"]);
  assert.doesNotMatch(before.stdout, /made/, "the step before has them not");
  await succeeds(it.fairlead(["build", "-q", "--copy", ":/w/made", "out", "ctx"]));
  assert.equal(it.read("out"), "report\n");
});

test("files and folders are copied with modes, links and times", async () => {
  await using it = await space();
  const copy = (from: string, dest: string) =>
    it.fairlead(["build", "-q", "--copy", from, dest, "ctx"]);
  assert.equal((await copy("one:/w", "out")).code, 0);
  assert.equal(it.read("out/d/f"), "hello\n");
  assert.equal(Deno.readLinkSync(it.path("out/d/l")), "f");
  assert.equal(Deno.statSync(it.path("out/d/f")).mode! & 0o7777, 0o750, "no set-uid comes along");
  assert.equal((await copy("one:/w", "out")).code, 0, "into a folder that is there");
  assert.equal(it.read("out/w/d/f"), "hello\n");
  assert.equal((await copy("one:/big", "big")).code, 0);
  assert.equal(Deno.statSync(it.path("big")).size, 9_000_000);
  const again = await fails(copy("one:/w", "out"));
  assert.match(again.stderr, /out\/w already exists/);
  const names = [...Deno.readDirSync(it.dir)].map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => /^\.(out|big)/.test(name)),
    [],
    "nothing temporary stays",
  );
});

test("among several platforms, the named one is asked, or the first one that has the step", async () => {
  await using it = await workspace(shared.address);
  const stage = (arch: string) => `FROM scratch AS only-${arch}\nCOPY ${arch} /own\n`;
  it.write({
    "ctx/Dockerfile": `ARG TARGETARCH\n${stage("amd64")}${
      stage("arm64")
    }FROM only-$TARGETARCH AS all
ARG TARGETARCH
COPY $TARGETARCH /arch
`,
    "ctx/amd64": "amd64\n",
    "ctx/arm64": "arm64\n",
  });
  const cat = async (platforms: string, place: string) => {
    const args = ["build", "-q", "--platform", platforms, "--cat", place, "ctx"];
    return (await succeeds(it.inside(args))).stdout.trim();
  };
  // The daemon sends the results in any order.
  for (const [first, second] of [["amd64", "arm64"], ["arm64", "amd64"]] as const) {
    const platforms = `linux/${first},linux/${second}`;
    assert.equal(await cat(platforms, "all:/arch"), first);
    assert.equal(await cat(platforms, ":/own"), first);
    assert.equal(await cat(platforms, `linux/${second} all 1:/arch`), second);
    assert.equal(await cat(platforms, `only-${second}:/own`), second);
  }
});

test("flags that ask for nothing that exists are refused, with the reason", async () => {
  await using it = await space();
  const refused: [string[], RegExp][] = [
    [["--files=two"], /no step is called "two"/],
    [["--files=99"], /no step is called "99"/],
    [["--cat", "one:/nothing"], /no such file/],
    [["--cat", "one:/w"], /\/w is a folder/],
    [["--cat", "one"], /needs STEP:PATH/],
    [["--cat", "one:"], /the path is empty/],
    [["--copy", "one:/w"], /needs a destination/],
    [["--copy", "one:/w", "no/folder/x"], /the folder for no\/folder\/x does not exist/],
    [["--files", "--cat", "one:/w"], /can't be used together/],
    [["--files", "--push"], /--files and --push can't be used together/],
    [["--files", "--shell-on-error"], /can't be used together/],
    [["two"], /requires 1 argument/],
  ];
  for (const [flags, message] of refused) {
    const { code, stdout, stderr } = await it.fairlead(["build", "-q", ...flags, "ctx"]);
    assert.deepEqual([code, stdout], [1, ""], flags.join(" "));
    assert.match(stderr, message);
  }
});
