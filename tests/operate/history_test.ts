/** The records of builds, compared with the peer's, on a daemon of their own. */
import assert from "node:assert/strict";
import { startFairlead } from "../harness/fairlead.ts";
import { gates } from "../harness/gates.ts";
import { check } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { beside } from "./beside.ts";
import { operate, tools } from "./daemon.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(needsRoot() ?? await missing(...tools));

Deno.test({ name: "history ls, logs and inspect print what buildx prints", ignore }, async () => {
  await using daemon = await operate();
  const { space } = daemon;
  await beside(space, "history", "ls");
  await beside(space, "history", "logs");
  assert.ok(await daemon.build("fine", "--build-arg", "A=<b>", "--label", "l=v"));
  assert.ok(
    !await daemon.build("bad", "--no-cache", "--shm-size", "64m", "--add-host", "h:1.2.3.4"),
  );
  assert.ok(
    await daemon.build("fine", "--platform", "linux/amd64,linux/386", "-o", "type=oci,dest=x.tar"),
  );

  for (
    const args of [[], ["--no-trunc"], ["--format", "json"], ["--format", "{{.Link}} {{.Name}}"]]
  ) await beside(space, "history", "ls", ...args);
  for (const filter of ["status=error", "duration<1h", "startedAt>1h", "ref=zz", "repository=x"]) {
    await beside(space, "history", "ls", "--filter", filter);
  }
  assert.match(
    (await space.fairlead(["history", "ls", "--filter", "duration>=1ns"])).stdout,
    /Error/,
  );
  await beside(space, "history", "logs", "--progress", "none");
  for (
    const ref of ["", "^0", "^1", "^2", "^3", "^7", "^x", "^99999999999999999999", "test/test0/"]
  ) {
    const refs = ref === "" ? [] : [ref];
    await beside(space, "history", "logs", ...refs);
    await beside(space, "history", "logs", "--progress", "rawjson", ...refs);
    await beside(space, "history", "inspect", ...refs);
    await beside(space, "history", "inspect", "attachment", "--type", "provenance", ...refs);
  }
  for (const ref of ["^0", "^2"]) await beside(space, "history", "inspect", "--format=json", ref);
  await beside(space, "history", "inspect", "attachment", "--platform", "linux/386");
  for (
    const [ref, format] of [
      ["^1", "{{.Name}} {{.Status}} {{.StartedAt}}"],
      ["^0", "{{.Error}} {{if and .Error .Error.Code}}bad{{end}} {{.Duration.Milliseconds}}"],
      ["^0", "{{.StartedAt.Unix}} {{.CompletedAt.Sub .StartedAt.UTC}} {{printf `%+v` .Config}}"],
    ] as const
  ) await beside(space, "history", "inspect", "--format", format, ref);
  const template = "{{define `a`}}{{.}}{{end}}{{template `a` .Ref}}";
  await beside(space, "history", "ls", "--format", template);

  const failed = JSON.parse(
    (await space.fairlead(["history", "inspect", "--format=json", "^1"])).stdout,
  );
  const theirs = JSON.parse(
    (await space.buildx(["history", "inspect", "--format=json", "^1"])).stdout,
  );
  // The peer puts its own stack trace before the daemon's.
  const { Stack: ourStack, ...ourError } = failed.Error;
  const { Stack: theirStack, ...theirError } = theirs.Error;
  assert.deepEqual({ ...failed, Error: ourError }, { ...theirs, Error: theirError });
  const [message = "", ...daemons] = atob(ourStack).split("\n");
  assert.ok(atob(theirStack).startsWith(message));
  assert.ok(atob(theirStack).endsWith(daemons.join("\n")));
});

Deno.test({ name: "history export and trace make what buildx makes", ignore }, async () => {
  await using daemon = await operate();
  const { space } = daemon;
  assert.ok(await daemon.build("fine", "-o", "type=oci,dest=x.tar"));
  assert.ok(!await daemon.build("bad"));
  await beside(space, "history", "trace");
  await beside(space, "history", "export", "--all", "x");
  const cases = [["^0"], ["^1"], ["--all"], ["^1", "^0"]];
  for (const [i, args] of cases.entries()) {
    const [ours, theirs] = [`ours${i}`, `theirs${i}`];
    await beside(space, "history", "export", "--finalize", "-o", "none", "nonesuch");
    for (const [run, file] of [[space.fairlead, ours], [space.buildx, theirs]] as const) {
      await succeeds(run(["history", "export", "--finalize", "-o", file, ...args]));
      await check("gzip", ["-d", "-S", `${i}`, space.path(file)]);
    }
    const names = [ours, theirs].map((name) => space.path(name.replace(/\d$/, "")));
    const [a, b] = names.map((name) => Deno.readFileSync(name));
    assert.deepEqual(a, b, `the bundles of ${args.join(" ")} differ`);
    for (const name of names) Deno.removeSync(name);
  }
});

Deno.test({ name: "history rm removes what is named, or all", ignore }, async () => {
  await using daemon = await operate();
  const { space } = daemon;
  for (let i = 0; i < 4; i++) assert.ok(await daemon.build("fine"));
  const refs = async () =>
    (await space.fairlead(["history", "ls", "--format", "{{.Ref}}"])).stdout.trim().split("\n");
  const [newest, second, third, oldest] = await refs();
  assert.equal((await space.fairlead(["history", "rm", newest!])).code, 0);
  assert.deepEqual(await refs(), [second, third, oldest]);
  assert.equal((await space.fairlead(["history", "rm", "^2", `test/test0/${second}`])).code, 0);
  assert.deepEqual(await refs(), [third]);
  for (const args of [[], ["--all", "x"], ["never-there", "nor-this"]]) {
    assert.equal((await beside(space, "history", "rm", ...args)).code, 1);
  }
  assert.equal((await space.fairlead(["history", "rm", "--all"])).code, 0);
  assert.deepEqual(await refs(), [""]);
});

Deno.test({ name: "history attach follows a build that somebody else runs", ignore }, async () => {
  await using daemon = await operate();
  const { space } = daemon;
  assert.ok(await daemon.build("base"));
  const none = await space.fairlead(["history", "attach"]);
  assert.equal(none.stderr.split("\n").at(-2), "ERROR: no build is running");
  await using gate = gates("held");
  const running = daemon.buildHeld(gate);
  let list = "";
  while (!list.includes("Running")) {
    list = (await space.inside(["history", "ls", "--filter", "status=running"])).stdout;
  }
  assert.match(list, /s\+ /);
  const follower = startFairlead(["history", "attach"], { cwd: space.dir, env: space.env });
  await follower.until(/ held$/m);
  gate.open("held");
  const followed = await succeeds(follower.ended);
  assert.match(followed.stderr, / let go\n[^]*DONE/);
  assert.ok(await running);
  assert.ok(!await daemon.build("bad"));
  const failed = await fails(space.fairlead(["history", "attach", "^0"]));
  assert.match(failed.stderr, /ERROR: the build failed: process .* exit code: 3\n$/);
});
