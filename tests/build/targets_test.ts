/** Several targets in one run, on a real daemon. */
import assert from "node:assert/strict";
import { withShared } from "../harness/shared.ts";
import { buildTargets } from "./targets.ts";
import { type InWorkspace, inWorkspace } from "./workspace.ts";
import { recordOf } from "../harness/client.ts";

const { ignore, shared } = await withShared();
const test = (name: string, run: InWorkspace) =>
  Deno.test({ name, ignore, fn: inWorkspace(shared, run) });

/** The frontend's attributes in the daemon's record of a build. */
const attributesOf = async (ref: string) => (await recordOf(shared.address, ref)).FrontendAttrs;

const refOf = (answers: Readonly<Record<string, string>> | undefined) =>
  answers!["buildx.build.ref"]!.split("/").pop()!;

test("each target has its result, its ref, and its name in the progress", async (space) => {
  space.write({
    "ctx/Dockerfile": "FROM scratch AS a\nCOPY a /\nFROM scratch AS b\nCOPY b /\n",
    "ctx/a": "a",
    "ctx/b": "b",
  });
  const { answers, error, progress } = await buildTargets(space, {
    one: ["--target=a", "-o", "out-a", "ctx"],
    two: ["--target=b", "-o", "out-b", "ctx"],
  }, { group: ["default"] });
  assert.equal(error, undefined);
  assert.equal(space.read("out-a/a") + space.read("out-b/b"), "ab");
  // A step that two targets share is shown once, under one of them.
  assert.match(progress, /\[(one|two) internal\] load build definition/);
  assert.match(progress, /\[one a 1\/1\] COPY a/);
  assert.match(progress, /\[two b 1\/1\] COPY b/);
  assert.match(progress, /\[one\] exporting to client directory/);
  const refs = ["one", "two"].map((target) => refOf(answers!.get(target)));
  assert.equal(new Set(refs).size, 2);
  const [group] = [...Deno.readDirSync(space.path(".store/refs/__group__"))];
  const joined = JSON.parse(space.read(`.store/refs/__group__/${group!.name}`));
  assert.deepEqual(joined, { Targets: ["default"], Refs: refs });
  for (const [index, target] of ["one", "two"].entries()) {
    assert.deepEqual(JSON.parse(space.read(`.store/refs/test/test0/${refs[index]}`)), {
      Target: target,
      LocalPath: space.path("ctx"),
      DockerfilePath: "",
      GroupRef: group!.name,
    });
  }
});

test("folders that targets have in common are sent once", async (space) => {
  space.write({
    "ctx/Dockerfile": "FROM scratch\nCOPY f /\nCOPY --from=more g /\n",
    "ctx/f": "f",
    "more/g": "g",
    "other/g": "h",
  });
  const { answers, error } = await buildTargets(space, {
    one: ["--build-context=more=more", "-o", "one", "ctx"],
    two: ["--build-context=more=more", "-o", "two", "ctx"],
    three: ["--build-context=more=other", "-o", "three", "ctx"],
  });
  assert.equal(error, undefined);
  const [one, two, three] = await Promise.all(
    ["one", "two", "three"].map((target) => attributesOf(refOf(answers!.get(target)))),
  );
  const session = one!["local-sessionid:context"];
  assert.match(session!, /^[0-9a-z]{25}$/);
  assert.equal(two!["local-sessionid:context"], session);
  assert.equal(three!["local-sessionid:dockerfile"], session);
  assert.equal(one!["local-sessionid:more"], session);
  assert.equal(three!["local-sessionid:more"], undefined);
  assert.equal(space.read("two/g") + space.read("three/g"), "gh");
});

test("a target's result is another's context, with its configuration", async (space) => {
  space.write({
    "base/Dockerfile": "FROM busybox\nENV FROM_BASE=yes\nRUN echo made >/made\n",
    "app/Dockerfile":
      "FROM base\nRUN echo $FROM_BASE >>/made\nFROM scratch\nCOPY --from=0 /made /\nCOPY --from=0 /app* /\n",
    "top/Dockerfile": "FROM scratch\nCOPY --from=app /made /top\n",
  });
  const { answers, error } = await buildTargets(space, {
    top: ["--build-context=app=target:app", "-o", "out", "top"],
    app: ["--build-context=base=target:base", "-o", "out", "app"],
    base: ["-o", "type=cacheonly", "base"],
  });
  assert.equal(error, undefined);
  assert.equal(space.read("out/made"), "made\nyes\n");
  assert.equal(space.read("out/top"), "made\nyes\n");
  const record = await attributesOf(refOf(answers!.get("app")));
  assert.equal(record["context:base"], "input:0-base");
  assert.match(record["input-metadata:0-base"]!, /^\{"containerimage.config":"/);
});

test("a linked target has its secret, whichever session the daemon asks", async (space) => {
  space.write({
    "base/Dockerfile": "FROM busybox\n",
    "made/Dockerfile": "FROM base\nARG RUN\n" +
      "RUN --mount=type=secret,id=s cat /run/secrets/s >/s; echo $RUN >/id\n",
    "user/Dockerfile": "FROM base\nCOPY --from=made /s /s\nFROM scratch\nCOPY --from=0 /s /s\n",
    hush: "hush",
  });
  for (let run = 0; run < 4; run++) {
    const { error, progress } = await buildTargets(space, {
      user: [
        "--build-context=base=target:base",
        "--build-context=made=target:made",
        "-o",
        `out${run}`,
        "user",
      ],
      made: [
        "--build-context=base=target:base",
        `--build-arg=RUN=${crypto.randomUUID()}`,
        `--secret=id=s,src=${space.path("hush")}`,
        "-o",
        "type=cacheonly",
        "made",
      ],
      base: ["-o", "type=cacheonly", "base"],
    });
    assert.equal(error, undefined, progress);
    assert.equal(space.read(`out${run}/s`), "hush");
  }
});

test("links between targets of several platforms", async (space) => {
  space.write({
    "base/Dockerfile": "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /arch\n",
    "base/amd64": "x",
    "base/arm64": "a",
    "app/Dockerfile": "FROM base\nCOPY app /\n",
    "app/app": "app",
  });
  const { error } = await buildTargets(space, {
    app: [
      "--build-context=base=target:base",
      "--platform=linux/arm64,linux/amd64",
      "-o",
      "out",
      "app",
    ],
    base: ["--platform=linux/amd64,linux/arm64", "-o", "type=cacheonly", "base"],
  });
  assert.equal(error, undefined);
  assert.equal(space.read("out/linux_amd64/arch") + space.read("out/linux_arm64/arch"), "xa");
});

test("the first error names its target, and ends the others", async (space) => {
  space.write({
    "slow/Dockerfile": "FROM busybox\nRUN sleep 600\n",
    "bad/Dockerfile": "FROM scratch\nCOPY nothing /\n",
  });
  const { error, progress } = await buildTargets(space, {
    slow: ["-o", "type=cacheonly", "--no-cache", "slow"],
    bad: ["-o", "out", "bad"],
  });
  assert.match(error!.message, /^target bad: failed to solve: .*"\/nothing": not found/);
  assert.throws(() => Deno.lstatSync(space.path("out")), Deno.errors.NotFound);
  assert.match(progress, /\[bad 1\/1\] COPY nothing/);
});

test("a failing target that others wait for, and a run that is stopped, end", async (space) => {
  space.write({
    "base/Dockerfile": "FROM nowhere.invalid/no:1\n",
    "user/Dockerfile": "FROM base\n",
    "slow/Dockerfile": "FROM busybox\nRUN sleep 600\n",
  });
  const failed = await buildTargets(space, {
    base: ["-o", "type=cacheonly", "base"],
    user: ["-o", "type=cacheonly", "--build-context=base=target:base", "user"],
  });
  assert.match(failed.error!.message, /^target base: failed to solve: .*nowhere\.invalid/);
  const stop = new AbortController();
  const reason = new Error("stopped by a person");
  const running = buildTargets(space, {
    slow: ["-o", "type=cacheonly", "--no-cache", "slow"],
    also: ["-o", "type=cacheonly", "--no-cache", "--build-context=slow=target:slow", "slow"],
  }, {
    signal: stop.signal,
    // Both targets wait for the step, or for each other.
    onProgress: (text) => text.includes("RUN sleep 600") && stop.abort(reason),
  });
  assert.equal((await running).error, reason);
});
