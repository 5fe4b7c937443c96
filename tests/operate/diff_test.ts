/** `history diff`, on the records of a real daemon. */
import assert from "node:assert/strict";
import { askBrowser } from "../harness/chromium.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { operate, tools } from "./daemon.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(needsRoot() ?? await missing(...tools, "chromium"));

const dockerfile = `FROM scratch
COPY busybox /busybox
ARG VERSION=1
COPY src /src
RUN ["/busybox", "sh", "-c", "echo $VERSION >/made; /busybox sleep 0.3"]
RUN ["/busybox", "sh", "-c", "echo other >/other"]
`;

interface Seen {
  readonly overflows: boolean;
  readonly rows: number;
  readonly all: number;
}

const look = `({ document, innerWidth, getComputedStyle }) => {
  const shown = () => [...document.querySelectorAll("tbody tr")].filter((row) => row.checkVisibility()).length;
  const rows = shown();
  document.getElementById("alike").click();
  return { overflows: document.documentElement.scrollWidth > innerWidth, rows, all: shown() };
}`;

Deno.test({ name: "history diff names the input that changed", ignore }, async (t) => {
  await using daemon = await operate();
  const { space } = daemon;
  space.write({ "app/Dockerfile": dockerfile, "app/src/a": "1", "app/src/b": "1" });
  await Deno.copyFile(space.path("ctx/busybox"), space.path("app/busybox"));
  const build = async (...args: string[]) => {
    const output = ["-o", "type=oci,dest=o.tar"];
    const { code, stderr } = await space.fairlead(["build", ...output, ...args, "app"]);
    assert.equal(code, args.includes("--target") ? 1 : 0, stderr);
  };
  const diff = async (...args: string[]) => {
    const { stdout } = await succeeds(space.fairlead(["history", "diff", ...args]));
    return stdout;
  };

  await t.step("one build alone can't be compared", async () => {
    const none = await space.fairlead(["history", "diff"]);
    assert.match(none.stderr, /ERROR: no records found\n$/);
    await build();
    const one = await fails(space.fairlead(["history", "diff"]));
    assert.match(one.stderr, /ERROR: there is only one build to compare\n$/);
  });

  await t.step("a file of the context, and the steps that follow", async () => {
    space.write({ "app/src/b": "2", "app/src/new": "" });
    await build();
    const text = await diff();
    assert.match(text, /^A {2}test\/test0\/\w{25} {2}finished in .*\nB {2}test\/test0\/\w{25} /);
    assert.match(text, /COPY src \/src\n {34}files changed: src\/b; added: src\/new\n/);
    assert.match(text, /RUN .*\n {34}needs the result of \[\d\/4\] COPY src \/src, which ran\n/);
    assert.match(text, /\d(?:ms|s) +cached .* COPY busybox \/busybox\n {34}cached since A/);
  });

  await t.step("a build argument", async () => {
    await build("--build-arg", "VERSION=2");
    const text = await diff();
    assert.match(text, /^Changed build argument VERSION: none → 2$/m);
    assert.match(text, /RUN .*echo .*made.*\n {34}build argument VERSION: 1 → 2\n/);
  });

  await t.step("a result from the cache counts as time gained", async () => {
    await build();
    const text = await diff("^1", "^0");
    assert.match(text, /^B took .* less than A$/m);
    assert.match(text, /^ +\S+ +cached +-\S+ {2}.*\n.*VERSION: 2 → 1\n.*earlier build$/m);
    // The earlier one is named second, so it is the other way round.
    assert.match(await diff("^0", "^1"), /^ +cached +\S+ +\+\S+ {2}/m);
  });

  await t.step("an instruction", async () => {
    space.write({ "app/Dockerfile": dockerfile.replace("echo other", "echo another") });
    await build();
    assert.match(await diff(), /\n {34}instruction: RUN .*echo other.* → RUN .*echo another.*\n/);
  });

  await t.step("--no-cache", async () => {
    await build("--no-cache");
    assert.match(await diff(), /^ +cached +\S+ .*COPY src \/src\n {34}--no-cache$/m);
  });

  await t.step("a record with missing parts says so", async () => {
    await build("--target", "nope");
    const text = await diff("^1");
    assert.match(text, /^B {2}\S+ {2}failed in /m);
    assert.match(text, /^B failed, so its time is not that of a whole build\.$/m);
    assert.match(text, /The record of B has no provenance, because the build was not finished/);
  });

  await t.step("JSON has the same facts", async () => {
    const { a, b, steps, inputs } = JSON.parse(await diff("--format", "json", "^6", "^5"));
    assert.deepEqual([a.outcome, b.outcome, inputs], ["finished", "finished", []]);
    const copied = steps.find(({ name }: { name: string }) => name.endsWith("COPY src /src"));
    assert.deepEqual(copied.causes[0].files, {
      changed: ["src/b"],
      added: ["src/new"],
      removed: [],
    });
    assert.equal(copied.causes[0].text, "files changed: src/b; added: src/new");
    assert.equal(typeof copied.delta_ms, "number");
    await fails(space.fairlead(["history", "diff", "--format", "json", "--html", "-"]));
  });

  await t.step("builds of two builders", async () => {
    await succeeds(space.fairlead(["create", "--name", "second", daemon.address]));
    const text = await diff("second/^6", "test/^5");
    assert.match(text, /^A {2}second\/second0\/\w{25} .*\nB {2}test\/test0\/\w{25} /);
    assert.match(text, /files changed: src\/b; added: src\/new/);
    const none = await space.fairlead(["history", "diff", "nobody/^1", "^0"]);
    assert.match(none.stderr, /ERROR: no builder "nobody" found/);
  });

  await t.step("the page, wide and narrow, shows the same and can show all steps", async () => {
    const page = await diff("--html", "-", "^6", "^5");
    assert.match(page, /files changed: src\/b; added: src\/new/);
    assert.match(page, /default-src 'none'/);
    for (const colorScheme of ["light", "dark"] as const) {
      for (const seen of await askBrowser<Seen>(page, [1200, 400], look, { colorScheme })) {
        assert.equal(seen.overflows, false);
        assert.ok(seen.rows >= 3 && seen.all >= seen.rows, JSON.stringify(seen));
      }
    }
    await succeeds(space.fairlead(["history", "diff", "--html", "d.html", "^6", "^5"]));
    assert.match(Deno.readTextFileSync(space.path("d.html")), /Two builds compared/);
    await fails(space.fairlead(["history", "diff", "--html", "no/d.html"]));
  });
});
