/** The inputs of a build, on a real daemon. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { startRegistry } from "../harness/registry.ts";
import { missing } from "../harness/tool.ts";
import { type InWorkspace, inWorkspace, programs, workspace } from "./workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

test("arguments, labels, target, and the Dockerfile's name reach the frontend", async (space) => {
  space.write({
    "sub/Other": `FROM busybox AS one
ARG A
ARG B
ARG GONE=kept
RUN mkdir /out && echo "$A-$B-$GONE" >/out/args
FROM scratch AS two
COPY --from=one /out /
FROM scratch AS three
COPY nothing /
`,
  });
  const args = [
    ...["build", "-f", "sub/Other", "--target=two"],
    ...["--build-arg", "A=a b", "--build-arg=B", "--build-arg=GONE"],
  ];
  await succeeds(space.fairlead([...args, "-o=out", "sub"], { B: "from env" }));
  assert.equal(space.read("out/args"), "a b-from env-kept\n");
});

test("secrets from a file and from the environment, and none in the log", async (space) => {
  space.write({
    "Dockerfile": `FROM busybox AS s
RUN --mount=type=secret,id=f,required=true --mount=type=secret,id=e,env=E mkdir /out && (cat /run/secrets/f; echo "$E") | md5sum >/out/sum
FROM scratch
COPY --from=s /out /
`,
    "secret.txt": "one\n",
  });
  const secrets = ["--secret=id=f,src=secret.txt", "--secret", "id=e,env=TOKEN"];
  const built = await succeeds(
    space.fairlead(["build", ...secrets, "-o=out", "."], { TOKEN: "tw0" }),
  );
  assert.match(space.read("out/sum"), /^d7f9d1577415238f624d9a655a02daf8 /);
  assert.doesNotMatch(built.stderr, /tw0/);
  const bad = await fails(space.fairlead(["build", "--secret=id=f,src=nowhere", "."]));
  assert.match(bad.stderr, /nowhere/);
  const missing = await fails(space.fairlead(["build", "--no-cache", "."]));
  assert.match(missing.stderr, /secret f: not found|f: not found/);
});

test("an unchanged context sends no file, whichever program built before", async () => {
  for (const order of [["buildx", "fairlead"], ["fairlead", "buildx"]] as const) {
    await using space = await workspace(shared.address);
    const files = Object.fromEntries(
      [...Array(50).keys()].map((i) => [`ctx/d${i % 5}/f${i}`, `${i}`.repeat(99)]),
    );
    space.write({ ...files, "ctx/Dockerfile": "FROM scratch\nCOPY . /\n", "ctx/d0/ü 😀": "x" });
    Deno.symlinkSync("d1/f1", space.path("ctx/link"));
    Deno.linkSync(space.path("ctx/d1/f1"), space.path("ctx/hard"));
    const [first, second] = order;
    await succeeds(space[first](["build", "--progress=plain", "ctx"]));
    const two = await succeeds(space[second](["build", "--progress=plain", "ctx"]));
    // Only the listing is transferred; 50 files of 99 to 198 bytes would be 8 kB.
    assert.match(two.stderr, /COPY \. \/\n#\d+ CACHED/);
    const bytes = Number(
      two.stderr.match(/load build context[^]*?transferring context: ([\d.]+)kB/)?.[1],
    );
    assert.ok(bytes < 6, `${second} after ${first} sent ${bytes} kB`);
  }
});

test("a .dockerignore may be long: its lines are metadata of the daemon's call", async (space) => {
  // buildx gives up at 1 MiB.
  const lines = Array.from({ length: 40_000 }, (_, i) => `build/artefacts/number-${i}\n`).join("");
  space.write({
    "ctx/Dockerfile": "FROM scratch\nCOPY . /\n",
    "ctx/.dockerignore": lines,
    "ctx/build/artefacts/number-39999": "no",
    "ctx/build/artefacts/number-40000": "yes",
  });
  await succeeds(space.fairlead(["build", "-o", "out", "ctx"]));
  assert.deepEqual(
    [...Deno.readDirSync(space.path("out/build/artefacts"))].map(({ name }) => name),
    ["number-40000"],
  );
});

test(".dockerignore holds, with its exceptions", async (space) => {
  space.write({
    "Dockerfile": "FROM scratch\nCOPY . /\n",
    ".dockerignore": "*.log\nnode_modules\n!node_modules/keep\n**/*.tmp\n",
    "a.log": "",
    "b.txt": "b",
    "node_modules/drop": "",
    "node_modules/keep/k": "",
    "x/y/z.tmp": "",
    "x/y/z": "",
  });
  await succeeds(space.fairlead(["build", "-o=out", "."], {}));
  const found = new Set([...Deno.readDirSync(space.path("out"))].map(({ name }) => name));
  assert.ok(found.has("b.txt") && !found.has("a.log"));
  assert.deepEqual([...Deno.readDirSync(space.path("out/node_modules"))].map(({ name }) => name), [
    "keep",
  ]);
  assert.deepEqual([...Deno.readDirSync(space.path("out/x/y"))].map(({ name }) => name), ["z"]);
});

test("a registry with a password: push, pull and cache, by docker's configuration", async () => {
  const registry = await startRegistry({ password: { user: "me", password: "s3cret" } });
  try {
    await using space = await workspace(shared.address);
    const name = `${registry.host}/private/${crypto.randomUUID()}`;
    space.write({ "Dockerfile": "FROM scratch\nCOPY a.txt /\n", "a.txt": "private" });
    const refused = await fails(space.fairlead(["build", "--push", "-t", `${name}:v1`, "."]));
    assert.match(refused.stderr, /ERROR: .*(401|authorization|basic auth)/i);
    const auths = { auths: { [registry.host]: { auth: btoa("me:s3cret") } } };
    space.write({ ".docker/config.json": JSON.stringify(auths) });
    const cache = ["--cache-to", `type=registry,ref=${name}:cache,mode=max`];
    const push = await succeeds(
      space.fairlead(["build", "--push", "-t", `${name}:v1`, ...cache, "."]),
    );
    assert.doesNotMatch(push.stderr, /s3cret/);
    space.write({ "Second": `FROM ${name}:v1\n` });
    await succeeds(space.fairlead(["build", "-f=Second", "--pull", "-o=out", "."]));
    assert.equal(space.read("out/a.txt"), "private");
    const from = await space.fairlead(["build", `--cache-from=${name}:cache`, "."]);
    assert.match(from.stderr, /importing cache manifest from .*:cache/);
    // DOCKER_AUTH_CONFIG wins over the file.
    space.write({ ".docker/config.json": "{}" });
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify(auths) };
    await succeeds(space.fairlead(["build", "--push", "-t", `${name}:v2`, "."], env));
  } finally {
    await registry.stop();
  }
});

test("the inline cache of an image is found again", async (space) => {
  const name = `${shared.registry}/inline/${crypto.randomUUID()}:v1`;
  space.write({ "Dockerfile": "FROM busybox\nRUN echo inline >/f\n" });
  const push = await succeeds(
    space.fairlead(["build", "--push", "-t", name, "--cache-to=type=inline", "."]),
  );
  assert.match(push.stderr, /preparing layers for inline cache/);
  const from = await space.fairlead(["build", `--cache-from=${name}`, "--progress=plain", "."]);
  assert.match(from.stderr, /importing cache manifest from/);
});

test("BUILDKIT_HOST alone is enough, also where HOME is read-only", async (space) => {
  space.write({ "ctx/Dockerfile": "FROM scratch\nCOPY a /\n", "ctx/a": "a" });
  const env = {
    BUILDKIT_HOST: shared.address,
    BUILDX_BUILDER: "",
    HOME: "/proc/1",
    BUILDX_CONFIG: "",
    DOCKER_CONFIG: "",
  };
  const { stderr } = await succeeds(space.fairlead(["build", "-o=out", "ctx"], env));
  assert.equal(space.read("out/a"), "a");
  assert.doesNotMatch(stderr, /WARN/);
});

test("a dockerfile counts where Dockerfile is no file, as with buildx", async (space) => {
  const text = "FROM scratch\nCOPY f /\n";
  for (const folder of ["none", "folder", "link"]) {
    space.write({ [`${folder}/dockerfile`]: text, [`${folder}/f`]: folder });
  }
  Deno.mkdirSync(space.path("folder/Dockerfile"));
  Deno.symlinkSync("nowhere", space.path("link/Dockerfile"));
  for (const program of programs) {
    for (const folder of ["none", "folder", "link"]) {
      await succeeds(space[program](["build", "-o=out", folder]));
      assert.equal(space.read("out/f"), folder);
    }
  }
});
