/** Many targets built at once, on a real daemon, compared with buildx. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { alike, programs, type Workspace, workspace } from "../build/workspace.ts";
import { withShared } from "../harness/shared.ts";
import { missing } from "../harness/tool.ts";
import { startFairlead } from "../harness/fairlead.ts";
import { fails, succeeds } from "../harness/ended.ts";

const { ignore, shared } = await withShared(await missing("buildx"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

type Targets = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A workspace with a definition in JSON. */
async function bakery(target: Targets, group: Record<string, string[]> = {}): Promise<Workspace> {
  const space = await workspace(shared.address);
  const groups = Object.fromEntries(
    Object.entries(group).map(([name, targets]) => [name, { targets }]),
  );
  space.write({
    "docker-bake.json": JSON.stringify(
      { ...Object.keys(group).length > 0 && { group: groups }, target },
      null,
      2,
    ),
    Dockerfile: "FROM busybox AS base\nCOPY file /\nARG NAME=none\nRUN echo $NAME > /name\n",
    file: crypto.randomUUID(),
  });
  return space;
}

/**
 * Names of steps on the plain display, without their targets: a shared step is shown under the
 * target that was first.
 */
function steps(stderr: string): string[] {
  const lines = [...stderr.matchAll(/^#\d+ \[(\S+)( .*)?\](.*)$/gm)];
  const names = lines.filter(([line]) => !/ FROM |resolving provenance/.test(line))
    .map(([, target, inside = "", after]) =>
      `${target === "internal" ? target : ""}${inside}:${after}`
    );
  return [...new Set(names)].sort();
}

test("targets of a group: each with its arguments, all at once", async () => {
  await using space = await bakery({
    app: { args: { NAME: "app" } },
    "api-2": {
      args: { NAME: "api" },
      "dockerfile-inline": "FROM busybox\nARG NAME\nRUN echo $NAME > /name\n",
    },
    third: { "dockerfile-inline": "FROM scratch\nCOPY file /name\n", labels: { a: "b" } },
  }, { default: ["app", "api-2"], all: ["default", "third"] });
  await alike(async (program) => {
    const out = ["app", "api-2", "third"].flatMap((
      name,
    ) => ["--set", `${name}.output=type=local,dest=${program}/${name}`]);
    const ran = await succeeds(space[program](["bake", "--progress", "plain", "all", ...out]));
    equal(space.read(`${program}/app/name`), "app\n");
    equal(space.read(`${program}/api-2/name`), "api\n");
    equal(space.read(`${program}/third/name`), space.read("file"));
    return steps(ran.stderr);
  });
});

test("a context that targets share is sent once", async () => {
  await using space = await bakery({
    a: { args: { NAME: "a" } },
    b: { args: { NAME: "b" } },
    alone: { context: "sub", dockerfile: "../Dockerfile" },
  }, { default: ["a", "b", "alone"] });
  space.write({ "sub/file": "x" });
  await succeeds(space.fairlead(["bake", "--metadata-file", "meta"]));
  const sessions = (name: string) => {
    const built = JSON.parse(space.read("meta"))[name]["buildx.build.provenance"];
    return built.invocation.parameters.args["local-sessionid:context"];
  };
  ok(sessions("a"), "a session of its own serves it");
  equal(sessions("a"), sessions("b"));
  equal(sessions("alone"), undefined);
});

test("target: contexts: linked ones are built and lose their outputs", async () => {
  const links = { contexts: { base: "target:base" } };
  await using space = await bakery({
    base: { args: { NAME: "linked" }, output: ["type=local,dest=never"] },
    middle: { ...links, "dockerfile-inline": "FROM base\nRUN echo middle >> /name\n" },
    top: {
      contexts: { middle: "target:middle", base: "target:base" },
      "dockerfile-inline": "FROM middle\nCOPY --from=base /name /base\n",
    },
  });
  for (const program of programs) {
    const out = ["--set", `top.output=type=local,dest=${program}`];
    await succeeds(space[program]([
      "bake",
      "top",
      "--metadata-file",
      `${program}.meta`,
      ...out,
    ]));
    equal(space.read(`${program}/name`), "linked\nmiddle\n");
    equal(space.read(`${program}/base`), "linked\n");
    deepEqual(Object.keys(JSON.parse(space.read(`${program}.meta`))), ["base", "middle", "top"]);
  }
  equal(await Deno.stat(space.path("never")).catch(() => undefined), undefined);
});

test("when one target fails, the others stop, and the error names the failed target", async () => {
  await using space = await bakery({
    slow: { "dockerfile-inline": `FROM busybox\nRUN echo ${crypto.randomUUID()}; sleep 600\n` },
    bad: { "dockerfile-inline": "FROM busybox\nRUN echo before; exit 7\n" },
  }, { default: ["slow", "bad"] });
  const errors: string[] = [];
  for (const program of programs) {
    const ran = await fails(space[program](["bake", "--metadata-file", `${program}.meta`]));
    errors.push(ran.stderr.match(/^ERROR: .*$/m)![0]);
    match(
      ran.stderr,
      /Dockerfile:2\n-+\n +1 \| +FROM busybox\n +2 \| >>> RUN echo before; exit 7/,
    );
    equal(await Deno.stat(space.path(`${program}.meta`)).catch(() => undefined), undefined);
  }
  match(errors[0]!, /^ERROR: target bad: failed to solve: process .* exit code: 7$/);
  equal(errors[0], errors[1]);
});

test("an interrupt ends all targets", async () => {
  await using space = await bakery({
    a: { "dockerfile-inline": `FROM busybox\nRUN echo ${crypto.randomUUID()}; sleep 600\n` },
    b: { "dockerfile-inline": `FROM busybox\nRUN echo ${crypto.randomUUID()}; sleep 600\n` },
  }, { default: ["a", "b"] });
  const bake = startFairlead(["bake", "--progress=plain"], { cwd: space.dir, env: space.env });
  for (const running of [/\[a .*RUN/, /\[b .*RUN/]) await bake.until(running);
  bake.child.kill("SIGINT");
  const { code, stderr } = await bake.ended;
  equal(code, 130, stderr);
  match(stderr, /ERROR: .*context canceled/);
});

test("--metadata-file: the same keys, and the records of a group", async () => {
  await using space = await bakery({ a: { tags: ["x/a:1"] }, b: {} }, { default: ["a", "b"] });
  const shapes: unknown[] = [];
  for (const program of programs) {
    const output = ["--set", "a.output=type=oci,dest=a.tar", "--set", "b.output=type=cacheonly"];
    await succeeds(space[program](["bake", "--metadata-file", "meta", ...output]));
    const meta = JSON.parse(space.read("meta"));
    shapes.push(
      Object.fromEntries(
        Object.entries<object>(meta).map(([name, answers]) => [name, Object.keys(answers)]),
      ),
    );
    const refs = Object.values<Record<string, string>>(meta).map((target) =>
      target["buildx.build.ref"]!.split("/").at(-1)!
    );
    const groups = [...Deno.readDirSync(space.path(".store/refs/__group__"))].map(({ name }) =>
      JSON.parse(space.read(`.store/refs/__group__/${name}`))
    );
    const group = groups.find(({ Refs }) => Refs.includes(refs[0]));
    deepEqual([...group.Refs].sort(), [...refs].sort());
    deepEqual(group.Targets, ["default"]);
  }
  deepEqual(shapes[0], shapes[1]);
});

test("a bake without any output gives buildx's warning", async () => {
  await using space = await bakery({
    default: {},
    a: {},
    b: {},
    c: { output: ["type=cacheonly"] },
  });
  for (const words of [[], ["a", "b", "c"], ["a"]]) {
    const warnings = await alike(async (program) => {
      const ran = await succeeds(space[program](["bake", ...words]));
      const [warning = ""] = ran.stderr.match(/^WARNING: No output.*$/m) ?? [];
      // The order of the targets is not fixed there.
      const names = warning.match(/for (.*) target\(s\)/)?.[1]?.split(", ").sort().join();
      return [warning.replace(/for .* target/, "target"), names];
    });
    ok(warnings[0]);
  }
});

test("--push pushes several targets at once", async () => {
  await using space = await bakery({
    a: { tags: [`${shared.registry}/bake/a:1`], args: { NAME: "a" } },
    b: { tags: [`${shared.registry}/bake/b:1`, `${shared.registry}/bake/b:2`] },
  }, { default: ["a", "b"] });
  await succeeds(space.fairlead(["bake", "--push", "--metadata-file", "meta"]));
  const meta = JSON.parse(space.read("meta"));
  for (const [name, tag] of [["a", "1"], ["b", "1"], ["b", "2"]] as const) {
    const answer = await fetch(`http://${shared.registry}/v2/bake/${name}/manifests/${tag}`, {
      headers: {
        accept:
          "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json",
      },
    });
    await answer.body?.cancel();
    equal(answer.headers.get("docker-content-digest"), meta[name]["containerimage.digest"]);
  }
});

test("secrets, hosts, limits, caches: what a target says reaches the build", async () => {
  await using space = await bakery({
    default: {
      "dockerfile-inline":
        "FROM busybox AS base\nFROM base AS last\nRUN --mount=type=secret,id=s cat /run/secrets/s > /s; " +
        "grep far /etc/hosts > /hosts; ulimit -n > /limit; df /dev/shm | tail -1 > /shm\n",
      target: "last",
      secret: ["id=s,src=secret"],
      "extra-hosts": { far: "10.1.2.3" },
      ulimits: ["nofile=1000:1000"],
      "shm-size": "8m",
      "no-cache": true,
      "cache-to": ["type=local,dest=cache"],
    },
  });
  space.write({ secret: "hush" });
  for (const program of programs) {
    await succeeds(space[program]([
      "bake",
      "--set",
      `default.output=type=local,dest=${program}`,
    ]));
    equal(space.read(`${program}/s`), "hush");
    match(space.read(`${program}/hosts`), /^10\.1\.2\.3\s+far/);
    equal(space.read(`${program}/limit`), "1000\n");
    match(space.read(`${program}/shm`), /\b8192\b/);
    ok(Deno.statSync(space.path("cache/index.json")).isFile);
    Deno.removeSync(space.path("cache"), { recursive: true });
  }
});

test("a target that can't be built is refused before anything is built", async () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ context: "nowhere" }, /unable to prepare context: path "nowhere" not found/],
    [{ context: "-" }, /context from stdin not allowed in bake/],
    [{ dockerfile: "-" }, /dockerfile from stdin not allowed in bake/],
    [{ platforms: ["what/is/this/then"] }, /platform/],
    [{ "shm-size": "zz" }, /invalid value zz for membytes key shm-size/],
    [{ ulimits: ["zz=1"] }, /invalid ulimit type: zz/],
    [{ network: "foo" }, /network mode "foo" not supported by buildkit/],
    [{ output: ["type=local"] }, /dest is required for local exporter/],
    [{ secret: ["id=a,src=gone"] }, /gone/],
    [{ annotations: ["x"] }, /invalid annotation "x", expected key=value/],
    [{ policy: ["filename=p.rego"] }, /policy file p\.rego not found/],
  ];
  for (const [target, message] of cases) {
    await using space = await bakery({ default: target });
    const ran = await space.fairlead(["bake"]);
    equal(ran.code, 1, JSON.stringify(target));
    match(ran.stderr, /^ERROR: /m);
    match(ran.stderr, message);
    equal(/\[internal\] load build definition/.test(ran.stderr), false);
  }
  await using space = await bakery({ a: { output: ["-"] }, b: { output: ["type=oci"] } });
  const twice = await space.fairlead(["bake", "a", "b"]);
  match(twice.stderr, /multiple outputs configured to write to stdout/);
});
