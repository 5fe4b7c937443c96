/** Timelines, `history open` and `history diff` of builds on two real nodes. */
import assert from "node:assert/strict";
import { nodesWorkspace, twoNodes } from "../build/two_nodes.ts";
import { gates } from "../harness/gates.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { open, page, pageWith } from "./opened_pages.ts";
import { succeeds } from "../harness/ended.ts";

const ignore = skip(
  needsRoot() ?? await missing("buildkitd", "runc", "docker-registry", "busybox"),
);

/** @param url the step `app` goes on when it is answered */
const dockerfile = (url: string) =>
  `FROM busybox AS app
RUN echo begun; wget -qO /ok ${url}; echo made >/made
RUN cat /made
`;
const both = ["--platform", "linux/amd64,linux/arm64"];

Deno.test({ name: "builds on several nodes, and of several builders", ignore }, async (t) => {
  await using two = await twoNodes();
  const { daemons, registry } = two;
  await using space = await nodesWorkspace(daemons, ["linux/amd64", "linux/arm64"]);
  await using gate = gates();
  space.write({ "app/Dockerfile": dockerfile(`${gate.url}/app`) });
  const build = async (...args: string[]) => {
    await succeeds(space.fairlead(["build", ...args, "app"]));
  };
  const diff = async (...args: string[]) => {
    const { stdout } = await succeeds(space.fairlead(["history", "diff", ...args]));
    return stdout;
  };

  await t.step("build --timeline names the nodes, and groups by them", async () => {
    await build(...both, "--timeline", "t.html");
    const html = space.read("t.html");
    for (const [node, platform] of [["a", "amd64"], ["b", "arm64"]]) {
      const step = RegExp(
        `<details class="step[^>]* data-node="${node}"[^>]*><summary>.*\\[linux/${platform} 2/3\\] RUN`,
      );
      assert.match(html, step);
      assert.match(html, RegExp(`<p class="where">Dockerfile:2 · node ${node} ·`));
    }
    assert.match(html, /<option value="target">platform<.*<option value="node">node</);
  });

  await t.step("history open has one row for the build, and follows both nodes", async () => {
    await using opened = await open(space);
    const { url } = opened;
    const list = await pageWith(url, /test\/a, b<\/p>/);
    const rows = list.match(/<li data-status.*test\/a, b<\/p>/g);
    assert.equal(rows?.length, 1, list);
    gate.close("app");
    const running = build(...both, "--no-cache");
    let path = "";
    try {
      const live = await pageWith(url, /<li data-status="running".*test\/a, b<\/p>/);
      [, path = ""] = /<li data-status="running".*?href="([^"]+)"/.exec(live)!;
      for (const node of ["a", "b"]) {
        const step =
          `data-outcome="unfinished"[^>]* data-node="${node}"(?:(?!</details)[^])*<pre>\\S+ begun`;
        await pageWith(`${url}${path}`, RegExp(`class="running">running<[^]*${step}`));
      }
    } finally {
      // Otherwise, the build would wait for ever.
      gate.open("app");
    }
    await running;
    const ended = await pageWith(`${url}${path}`, /class="finished">finished</);
    assert.match(ended, /<option value="node">/);
    const log = await page(`${url}${path}log`);
    assert.match(log, /^node a:\n[^]*amd64 3\/3\][^]*\nnode b:\n[^]*arm64 3\/3\]/);
  });

  await t.step("history diff of such builds: --no-cache", async () => {
    const text = await diff();
    const [, a, b] = /^A {2}test\/[ab]\/(\w+).*\nB {2}test\/[ab]\/(\w+)/.exec(text)!;
    assert.notEqual(a, b, "the two parts of a build are one build");
    assert.match(text, /\[linux\/arm64 2\/3\] RUN .*\n +--no-cache\n/);
    assert.doesNotMatch(text, /^Changed/m);
  });

  for (const [at, name] of ["left", "right"].entries()) {
    await succeeds(space.fairlead(["create", "--name", name, daemons[at]!.address]));
  }
  const left = ["--builder", "left"];

  await t.step("another platform", async () => {
    await build(...left, "--platform", "linux/amd64");
    await build(...left, "--platform", "linux/386");
    const text = await diff(...left);
    assert.match(text, /^Changed option platform: linux\/amd64 → linux\/386$/m);
    assert.match(text, /2\/3\] RUN .*\n +platform: linux\/amd64 → linux\/386\n/);
  });

  await t.step("a cache without the result", async () => {
    await succeeds(space.fairlead(["prune", "-af", ...left]));
    await build(...left, "--platform", "linux/386");
    const pruned = /3\/3\] RUN .*\n +no input changed: the cache no longer had its result\n/;
    assert.match(await diff(...left), pruned);
  });

  await t.step("another builder", async () => {
    await build("--builder", "right", "--platform", "linux/386", "--target", "app");
    const text = await diff("left/^0", "right/^0");
    assert.match(text, /^A {2}left\/left0\/\S+ .*\nB {2}right\/right0\/\S+ /);
    assert.match(
      text,
      /2\/3\] RUN .*\n +no input changed: the other builder had no result of it\n/,
    );
  });

  await t.step("another base image of the same name", async () => {
    const name = `${registry.host}/library/busybox:latest`;
    space.write({ "base/Dockerfile": "FROM busybox\nRUN echo new >/new\n" });
    const output = `type=image,name=${name},push=true`;
    await succeeds(space.fairlead([
      ...["build", ...left, "--provenance=false", "-o", output, "base"],
    ]));
    await build(...left, "--platform", "linux/386");
    const text = await diff(...left, "^2", "^0");
    const digest = "sha256:[0-9a-f]{12}";
    assert.match(
      text,
      RegExp(`^Changed base image pkg:docker/busybox.*: ${digest} → ${digest}$`, "m"),
    );
    assert.match(
      text,
      RegExp(`FROM .*\\n +base image \\S+busybox:latest: ${digest} → ${digest}\\n`),
    );
    assert.match(text, /2\/3\] RUN .*\n +needs the result of \[1\/3\] FROM .*, which ran\n/);
  });
});
