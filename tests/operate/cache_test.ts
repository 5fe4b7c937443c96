/** du and prune, compared with the peer's, on a daemon of their own. */
import assert from "node:assert/strict";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { beside, comparable } from "./beside.ts";
import { operate, tools } from "./daemon.ts";

const ignore = skip(needsRoot() ?? await missing(...tools));

Deno.test({ name: "du shows what buildx shows, in every format", ignore }, async () => {
  await using daemon = await operate();
  const { space } = daemon;
  assert.ok(await daemon.build("fine"));
  const { stdout } = await beside(space, "du");
  assert.match(stdout, /^Total:\t\t/m);
  await beside(space, "du", "--verbose");
  await beside(space, "du", "--format", "json");
  await beside(space, "du", "--format", "{{json .}} {{.Parents}} {{json .Parents}}");
  await beside(space, "du", "--format", "table {{.Type}}\t{{.Description}}\t{{.UsageCount}}");
  await beside(space, "du", "--filter", "type=regular", "--filter", "shared!=true");
  await beside(space, "du", "--filter", "id=zzzz");
  for (const bad of [["--filter", "x"], ["--verbose", "--format", "json"]]) {
    assert.equal((await beside(space, "du", ...bad)).code, 1);
  }
});

Deno.test({ name: "prune asks, removes and counts as buildx does", ignore }, async () => {
  await using daemon = await operate();
  const { space } = daemon;
  assert.ok(await daemon.build("fine"));
  assert.equal(
    (await beside(space, "prune")).stdout,
    "WARNING! This will remove all dangling build cache. Are you sure you want to continue? [y/N] ",
  );
  await beside(space, "prune", "-a", "--filter", "type=regular");
  for (const nothing of ["until=24h", "unused-for=24h", "id=zzzz"]) {
    await beside(space, "prune", "-f", "--filter", nothing);
  }
  await beside(space, "prune", "-f", "--keep-storage", "10gb");
  await beside(space, "prune", "-f", "--min-free-space", "1kb", "--filter", "id=zzzz");
  for (const size of ["1e3gb", "0x1p4", "1_000", "1e400", "5kib", "x"]) {
    await beside(space, "prune", "-f", "--reserved-space", size, "--filter", "id=zzzz");
  }
  // The peer reads the value as a negative number, and keeps nothing.
  const tooMuch = await space.fairlead(["prune", "-f", "--reserved-space", "10000pb"]);
  assert.match(tooMuch.stderr, /^ERROR: invalid argument "10000pb" for "--reserved-space" flag/m);
  await beside(space, "prune", "-f", "--filter", "until=x");

  space.write({ ".docker/config.json": '{"pruneFilters": ["until=24h"]}' });
  await beside(space, "prune", "-f", "-a");
  space.write({ ".docker/config.json": "{}" });

  // The same cache, made twice: once for each.
  const short = ["prune", "-f", "-a"];
  const ours = await space.fairlead(short);
  assert.ok(await daemon.build("fine"));
  const theirs = await space.buildx(short);
  assert.deepEqual(shape(ours.stdout), shape(theirs.stdout));
  const layout =
    /^ID\t{6}RECLAIMABLE\tSIZE\t\tLAST ACCESSED\n.{40}\ttrue \t\t.{10}\t.*\n.{40}\ttrue \t\d/;
  assert.match(ours.stdout, layout);
  assert.match(theirs.stdout, layout);

  assert.ok(await daemon.build("fine"));
  const long = ["prune", "--verbose", "-f", "--all"];
  const ourLong = await space.fairlead(long);
  assert.ok(await daemon.build("fine"));
  assert.deepEqual(shape(ourLong.stdout), shape((await space.buildx(long)).stdout));
  assert.match((await space.fairlead(["du"])).stdout, /Total:\t\t0B\n$/);
});

/**
 * Lines without names and times, in any order: the daemon's own is not fixed, and with it which row
 * is aligned with the headers.
 */
function shape(stdout: string): string[] {
  return comparable({ code: 0, stdout, stderr: "" }).stdout
    .replace(/\b[0-9a-z]{25}\b\*?/g, "ID")
    .replace(/\d{4}-\d\d-\d\d [\d:.]+ \+0000 UTC/g, "TIME")
    .replace(/[ \t]+/g, " ")
    .split("\n").sort();
}
