/** Builds on several nodes: two real daemons, compared with the peer on the same two. */
import assert from "node:assert/strict";
import { uploadOf } from "../../progress/uploads.ts";
import { makeCerts } from "../harness/certs.ts";
import { type Buildkitd, startBuildkitd } from "../harness/buildkitd.ts";
import { startRegistry } from "../harness/registry.ts";
import { check } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { buildTargets } from "./targets.ts";
import { nodesWorkspace, type TwoNodes, twoNodes } from "./two_nodes.ts";
import { fails, succeeds } from "../harness/ended.ts";
import { alike, programs, type Workspace } from "./workspace.ts";

const ignore = skip(needsRoot() ?? await missing("buildkitd", "runc", "buildx", "docker-registry"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const nodes: TwoNodes = ignore ? undefined! : await twoNodes();
// It belongs to no test. It ends with the process, and the supervisor ends the daemons.
const both = "--platform=linux/amd64,linux/arm64";
const fixed = ["linux/amd64", "linux/arm64"];
const context = {
  "ctx/Dockerfile": "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /arch\nLABEL a=b\n",
  "ctx/amd64": "x",
  "ctx/arm64": "a",
};

const index = "application/vnd.oci.image.index.v1+json";
const accept = [
  index,
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** A manifest from the registry, as its text. */
async function manifest(name: string): Promise<{ text: string; digest: string }> {
  const [, repository, reference] = /^[^/]+\/(.+?)[:@](.*)$/.exec(name)!;
  const url = `${nodes.registry.url}/v2/${repository}/manifests/${reference}`;
  const response = await fetch(url, { headers: { accept } });
  const text = await response.text();
  assert.equal(response.status, 200, name);
  return { digest: response.headers.get("docker-content-digest")!, text };
}

async function build(
  space: Workspace,
  program: "fairlead" | "buildx",
  args: readonly string[],
  env = {},
) {
  const made = await space[program](["build", ...args, "ctx"], env);
  assert.equal(made.code, 0, `${program} ${args.join(" ")}\n${made.stderr}`);
  return made;
}

const name = () => `${nodes.registry.host}/nodes/${crypto.randomUUID()}`;

test("each node builds its platform, and the pushed index is buildx's to the byte", async () => {
  await using space = await nodesWorkspace(nodes.daemons, fixed);
  space.write(context);
  const cases: string[][] = [
    ["--provenance=false"],
    ["--provenance=false", "--annotation=index:org.x=<y>&", "--annotation=manifest-descriptor:d=e"],
    [
      "--provenance=false",
      "--annotation=manifest-descriptor[linux/arm64]:only=arm",
      "--annotation=index,manifest:both=1",
    ],
    ["--provenance=false", "--output=type=registry,oci-mediatypes=false"],
  ];
  for (const args of cases) {
    const seen: unknown[] = [];
    for (const program of programs) {
      const tag = `${name()}:v1`;
      const push = args.some((arg) => arg.startsWith("--output")) ? [] : ["--push"];
      const files = ["--iidfile=iid", "--metadata-file=md.json"];
      const { stdout } = await build(
        space,
        program,
        [both, "-t", tag, ...push, ...args, ...files],
        {
          SOURCE_DATE_EPOCH: "0",
        },
      );
      const { text, digest } = await manifest(tag);
      seen.push({ text, digest, stdout, iid: space.read("iid"), metadata: space.read("md.json") });
      assert.equal(space.read("iid"), digest);
    }
    assert.deepEqual(seen[0], seen[1], args.join(" "));
  }
});

test("attestations of each node's image are in the index, for their image", async () => {
  await using space = await nodesWorkspace(nodes.daemons, fixed);
  space.write(context);
  const shapes: unknown[] = [];
  for (const program of programs) {
    const tag = `${name()}:v1`;
    await build(space, program, [both, "-t", tag, "--push", "--provenance=mode=max"]);
    const { manifests } = JSON.parse((await manifest(tag)).text);
    const order = new Map(manifests.map((one: { digest: string }, at: number) => [one.digest, at]));
    shapes.push(manifests.map((one: Record<string, never>) => ({
      keys: Object.keys(one),
      platform: one["platform"],
      type: one["annotations"]?.["vnd.docker.reference.type"],
      of: order.get(one["annotations"]?.["vnd.docker.reference.digest"]),
    })));
    for (const { digest } of manifests) await manifest(`${tag.replace(/:v1$/, "")}@${digest}`);
  }
  assert.deepEqual(shapes[0], shapes[1]);
  assert.equal((shapes[0] as unknown[]).length, 4);
});

test("several tags and repositories get the index; -q prints its digest", async () => {
  await using space = await nodesWorkspace(nodes.daemons, fixed);
  space.write(context);
  const [one, two] = [name(), name()];
  const tags = [`${one}:a`, `${one}:b`, two];
  const { stdout } = await build(space, "fairlead", [
    ...[both, "--push", "-q", ...tags.map((tag) => `-t=${tag}`)],
  ]);
  for (const tag of [`${one}:a`, `${one}:b`, `${two}:latest`]) {
    assert.equal(`${(await manifest(tag)).digest}\n`, stdout);
  }
  const bare = name();
  await build(space, "fairlead", [
    ...[both, "--iidfile=iid", `--output=type=image,name=${bare},push=true,push-by-digest=true`],
  ]);
  assert.equal((await manifest(`${bare}@${space.read("iid")}`)).digest, space.read("iid"));
  await assert.rejects(manifest(`${bare}:latest`));
});

test("a folder gets a part for each platform; records are those of buildx", async () => {
  await alike(async (program) => {
    await using space = await nodesWorkspace(nodes.daemons, fixed);
    space.write(context);
    await build(space, program, [both, "-o", "out", "--metadata-file=md.json"]);
    assert.equal(space.read("out/linux_amd64/arch") + space.read("out/linux_arm64/arch"), "xa");
    const ref = JSON.parse(space.read("md.json"))["buildx.build.ref"];
    assert.match(ref, /^test\/a\/[0-9a-z]{25}$/);
    const names = [...walk(space.path(".store"))].filter((name) => name !== ".lock");
    const files = names.map((path) => {
      const text = space.read(`.store/${path}`);
      return [
        path.replace(ref.split("/").pop(), "REF"),
        Deno.statSync(space.path(`.store/${path}`)).mode! & 0o777,
        /buildNodeID|activity/.test(path)
          ? text.replace(/[0-9a-f]/g, "0")
          : text.replaceAll(space.dir, ""),
      ];
    });
    return files.sort();
  });
});

function* walk(folder: string, prefix = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* walk(`${folder}/${name}`, `${prefix}${name}/`);
    else yield prefix + name;
  }
}

test("outputs that several nodes can't make together are refused before anything is built", async () => {
  await using space = await nodesWorkspace(nodes.daemons, fixed);
  space.write(context);
  for (const type of ["oci", "tar"]) {
    const message = await alike(async (program) => {
      const { stderr } = await fails(space[program]([
        "build",
        both,
        "-o",
        `type=${type},dest=o.tar`,
        "ctx",
      ]));
      return /^ERROR: (.*)$/m.exec(stderr)![1]!;
    });
    assert.match(message, new RegExp(`${type} for multi-node builds currently not supported`));
  }
  const deleting = await space.fairlead([
    "build",
    both,
    "-o",
    "type=local,dest=out,mode=delete",
    "ctx",
  ]);
  assert.match(deleting.stderr, /mode=delete for multi-node builds/);
  assert.deepEqual([...Deno.readDirSync(space.dir)].map(({ name }) => name).sort(), [
    ".docker",
    ".store",
    "ctx",
  ]);
});

test("the files that go to each node are counted", async () => {
  await using space = await nodesWorkspace(nodes.daemons, fixed);
  space.write({ ...context, "ctx/arm64": crypto.randomUUID(), "ctx/amd64": crypto.randomUUID() });
  const { error, state } = await buildTargets(space, { default: [both, "-o", "out", "ctx"] });
  assert.equal(error, undefined);
  const files = state.started.filter(({ name }) => name === "[internal] load build context")
    .map((vertex) => uploadOf(state, vertex, vertex.statuses[0]!)?.files);
  assert.deepEqual(files, [1, 1]);
});

test("--plan shows which node builds what, and builds nothing", async () => {
  await using space = await nodesWorkspace(nodes.daemons, ["", "linux/arm64"]);
  space.write(context);
  const tag = `${name()}:v1`;
  const args = ["build", "--platform=linux/arm64,linux/amd64,linux/s390x", "-t", tag, "--push"];
  const { stdout, stderr } = await succeeds(space.fairlead([...args, "--plan", "ctx"]));
  const [a, b] = nodes.daemons;
  assert.deepEqual(stdout.split("\n").map((line) => line.split(/ {3,}/)), [
    ["NODE", "ENDPOINT", "PLATFORMS"],
    ["b", b.address, "linux/arm64 (fixed)"],
    [
      "a",
      a.address,
      "linux/amd64 (listed by its workers), linux/s390x (no node lists it: the first node cross-builds it)",
    ],
    [`Each node pushes its part by digest; their index is pushed as ${tag}`],
    [""],
  ]);
  assert.equal(stderr, "");
  const json = await space.fairlead([...args, "--plan=json", "--iidfile=iid", "ctx"]);
  assert.deepEqual(JSON.parse(json.stdout), [
    {
      target: "default",
      node: "b",
      endpoint: b.address,
      platforms: [{ platform: "linux/arm64", reason: "fixed" }],
    },
    {
      target: "default",
      node: "a",
      endpoint: a.address,
      platforms: [
        { platform: "linux/amd64", reason: "listed" },
        { platform: "linux/s390x", reason: "first" },
      ],
    },
  ]);
  await assert.rejects(manifest(tag));
  assert.throws(() => Deno.statSync(space.path(".store/refs")), Deno.errors.NotFound);
  assert.throws(() => Deno.statSync(space.path("iid")), Deno.errors.NotFound);
  const secret = { BUILDX_BUILDER: "", BUILDKIT_HOST: "tcp://me:secret@127.0.0.1:1" };
  const shown = await space.fairlead(["build", "--plan", "ctx"], secret);
  assert.doesNotMatch(shown.stdout + shown.stderr, /secret/);
  const refused = await space.fairlead(["build", both, "--plan", "-o", "type=oci,dest=x", "ctx"]);
  assert.match(refused.stderr, /oci for multi-node builds/);
  assert.match(
    (await space.fairlead(["build", "--plan=yaml", "ctx"])).stderr,
    /invalid plan format "yaml"/,
  );
});

test("a node that is down is named with its platforms; no other takes its place", async () => {
  const [a] = nodes.daemons;
  const down = { address: "unix:///nowhere/buildkitd.sock" };
  const message = async (fixed: string[], platforms: string, daemons = [a, down]) => {
    await using space = await nodesWorkspace(daemons, fixed);
    space.write(context);
    const { code, stderr } = await space.fairlead(
      ["--connect-timeout=1s", "build", `--platform=${platforms}`, "-o", "out", "ctx"],
    );
    const made = [...Deno.readDirSync(space.dir)].some(({ name }) => name === "out");
    assert.equal(made, code === 0, stderr);
    return code === 0 ? "" : /^ERROR: (.*)$/m.exec(stderr)![1]!;
  };
  const reason = /cannot reach unix:\/\/\/nowhere\/buildkitd.sock: /;
  const fixedDown = await message(fixed, "linux/amd64,linux/arm64");
  assert.match(fixedDown, /^failed to build: node b \(linux\/arm64\): /);
  assert.match(fixedDown, reason);
  assert.match(await message(fixed, "linux/arm64"), /node b \(linux\/arm64\): /);
  // The unreachable node may support the platform.
  const listed = await message([], "linux/arm64");
  assert.match(listed, /node b can't be asked whether it builds linux\/arm64: /);
  assert.match(listed, reason);
  assert.match(await message([], "linux/amd64", [down, a]), /node a can't be asked .*linux\/amd64/);
  // A platform that another node builds needn't wait for the unreachable node.
  assert.equal(await message([], "linux/amd64"), "");
  assert.equal(await message(fixed, "linux/amd64"), "");
});

test("a context from stdin goes to every node", async () => {
  await using space = await nodesWorkspace(nodes.daemons, fixed);
  space.write(context);
  await check("tar", ["cf", space.path("ctx.tar"), "-C", space.path("ctx"), "."]);
  const tar = await Deno.readFile(space.path("ctx.tar"));
  for (const program of programs) {
    await succeeds(space[program](["build", both, "-o", program, "-"], {}, tar));
    const read = (name: string) => space.read(`${program}/${name}/arch`);
    assert.equal(read("linux_amd64") + read("linux_arm64"), "xa");
  }
  await succeeds(space.fairlead(
    ["build", both, "-o", "text", "-"],
    {},
    "FROM scratch\nCOPY <<E /f\nhi\nE\n",
  ));
  assert.equal(space.read("text/linux_arm64/f"), "hi\n");
});

test("the index goes to a registry that demands a login", async () => {
  const registry = await startRegistry({ password: { user: "me", password: "pass" } });
  try {
    await using space = await nodesWorkspace(nodes.daemons, fixed);
    const auths = { [registry.host]: { auth: btoa("me:pass") } };
    space.write({ ...context, ".docker/config.json": JSON.stringify({ auths }) });
    const tag = `${registry.host}/a/b:c`;
    await build(space, "fairlead", [both, "-t", tag, "--push", "--iidfile=iid"]);
    const answer = await fetch(`${registry.url}/v2/a/b/manifests/c`, {
      headers: { accept, authorization: `Basic ${btoa("me:pass")}` },
    });
    await answer.body?.cancel();
    assert.equal(answer.headers.get("docker-content-digest"), space.read("iid"));
    Deno.removeSync(space.path(".docker/config.json"));
    const refused = await fails(space.fairlead(["build", both, "-t", tag, "--push", "ctx"]));
    assert.match(refused.stderr, /^ERROR: failed to build: .*(401|no basic auth|unauthorized)/mi);
  } finally {
    await registry.stop();
  }
});

test("registry.insecure: the index goes by TLS with any certificate, or without TLS", async () => {
  await using certs = await makeCerts();
  const secure = await startRegistry({ tls: certs.server });
  try {
    await using space = await nodesWorkspace(nodes.daemons, fixed);
    space.write(context);
    const names = [`${secure.host}/a/b`, name()];
    for (const name of names) {
      const output = `type=image,name=${name}:c,push=true,registry.insecure=true`;
      await build(space, "fairlead", [both, "-o", output, "--iidfile=iid"]);
    }
    assert.equal((await manifest(`${names[1]}:c`)).digest, space.read("iid"));
    // The certificate's authority is the tests' own.
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(certs.ca.cert)] });
    const answer = await fetch(`${secure.url}/v2/a/b/manifests/c`, { headers: { accept }, client });
    const { manifests } = await answer.json();
    assert.ok(manifests.length >= 2, "the index of both parts");
  } finally {
    await secure.stop();
  }
});

test("a part that fails ends the others, and is told with its node", async () => {
  await using space = await nodesWorkspace(nodes.daemons, fixed);
  space.write({
    "ctx/Dockerfile":
      "FROM --platform=linux/amd64 busybox\nARG TARGETARCH\nCOPY run /\nRUN sh /run $TARGETARCH\n",
    "ctx/run": "test $1 = arm64 && exit 3\nsleep 600\n",
  });
  const { code, stderr } = await space.fairlead(
    ["build", both, "--timeline", "t.html", "-o", "out", "ctx"],
  );
  // The names of the steps stay the daemon's: the page knows the nodes.
  const page = space.read("t.html");
  assert.match(page, /data-node="a"/);
  assert.match(page, /data-node="b"/);
  assert.doesNotMatch(page, /title="\[[ab] /);
  assert.equal(code, 1);
  assert.match(stderr, /^ERROR: failed to build: failed to solve: process .* exit code: 3$/m);
  assert.match(stderr, /^hint: it failed on node b, which builds linux\/arm64$/m);
  assert.throws(() => Deno.statSync(space.path("out")), Deno.errors.NotFound);
});

test("a node that dies in the middle is an error, and the other's build ends", async () => {
  const [a] = nodes.daemons;
  const dying = await startBuildkitd({ config: nodes.registry.config({ mirror: true }) });
  try {
    await using space = await nodesWorkspace([a, dying], fixed);
    space.write({
      "ctx/Dockerfile": "FROM --platform=linux/amd64 busybox\nRUN echo begun && sleep 600\n",
    });
    let ended: Promise<void> | undefined;
    const { error } = await buildTargets(space, {
      default: ["--no-cache", both, "-o", "out", "ctx"],
    }, { // Both run the step.
      onProgress(text) {
        if (text.match(/ begun$/gm)?.length === 2) ended ??= dying.kill();
      },
    });
    await ended;
    assert.notEqual(ended, undefined);
    assert.match(
      error!.message,
      /node b \(linux\/arm64\): the connection to .* was lost during build \w+: /,
    );
  } finally {
    await dying.stop();
  }
});

test("a node that dies and comes back builds its part again with --retry, and is named", async () => {
  const [a] = nodes.daemons;
  const dying = await startBuildkitd({ config: nodes.registry.config({ mirror: true }) });
  let again: Promise<Buildkitd> | undefined;
  try {
    await using space = await nodesWorkspace([a, dying], fixed);
    space.write({
      "ctx/Dockerfile": "FROM --platform=linux/amd64 busybox AS made\nARG TARGETARCH\n" +
        "RUN echo begun $TARGETARCH && sleep 2 && echo $TARGETARCH > /arch\n" +
        "FROM scratch\nCOPY --from=made /arch /\n",
    });
    const { error, progress } = await buildTargets(space, {
      default: ["--no-cache", both, "-o", "out", "ctx"],
    }, {
      retries: 5,
      onProgress(text) {
        if (/ begun arm64$/m.test(text)) again ??= dying.kill().then(() => dying.restart());
      },
    });
    assert.equal(error, undefined);
    assert.match(
      progress,
      /^node b \(linux\/arm64\): the connection to .* lost .*; building again, attempt 1 of 5$/m,
    );
    assert.equal(space.read("out/linux_arm64/arch"), "arm64\n");
    assert.equal(space.read("out/linux_amd64/arch"), "amd64\n");
  } finally {
    await (await again)?.stop();
    await dying.stop();
  }
});

test("bake: targets on several nodes, linked and pushed, with buildx's records", async () => {
  await alike(async (program) => {
    await using space = await nodesWorkspace(nodes.daemons, fixed);
    const tag = `${name()}:v1`;
    space.write({
      ...context,
      "app/Dockerfile": "FROM base\nCOPY Dockerfile /app\n",
      "docker-bake.json": JSON.stringify({
        group: { default: { targets: ["app", "base"] } },
        target: {
          base: {
            context: "ctx",
            platforms: fixed,
            output: ["out"],
            attest: ["type=provenance,disabled=true"],
          },
          app: {
            context: "app",
            contexts: { base: "target:base" },
            platforms: fixed,
            tags: [tag],
            output: ["type=registry"],
            attest: ["type=provenance,disabled=true"],
          },
        },
      }),
    });
    const made = await space[program](
      ["bake", "--progress=plain", "--metadata-file=md.json"],
      { SOURCE_DATE_EPOCH: "0" },
    );
    assert.equal(made.code, 0, `${program}\n${made.stderr}`);
    assert.equal(space.read("out/linux_amd64/arch") + space.read("out/linux_arm64/arch"), "xa");
    const { text, digest } = await manifest(tag);
    const metadata = JSON.parse(space.read("md.json"));
    assert.equal(metadata.app["containerimage.digest"], digest);
    const id = (word: string) => word.replace(/\b[0-9a-z]{25}\b/g, "ID");
    const names = [...walk(space.path(".store"))].filter((name) => name.startsWith("refs/"));
    const records = names.map((
      path,
    ) => [id(path), id(space.read(`.store/${path}`)).replaceAll(space.dir, "")]);
    // The order of a group's refs is not fixed.
    return { text, records: records.sort(), metadata: JSON.parse(id(JSON.stringify(metadata))) };
  });
});
