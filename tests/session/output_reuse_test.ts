/** `type=local,reuse=true`: the daemon sends only files that the folder lacks. */
import { equal, match, ok } from "node:assert/strict";
import { listing } from "../fsync/raw_sender.ts";
import { workspace } from "../build/workspace.ts";
import { fails, succeeds } from "../harness/ended.ts";
import { startProxy } from "../harness/proxy.ts";
import { check } from "../harness/run.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { randomBytes } from "../harness/random.ts";

const ignore = skip(needsRoot() ?? await missing("buildkitd", "runc"));
const MIB = 1 << 20;

Deno.test({ name: "reuse=true: a folder is completed by what it lacks", ignore }, async (t) => {
  const { address } = await sharedBuildkitd();
  await using proxy = await startProxy({ to: address });
  await using space = await workspace(proxy.address);
  space.write({
    "ctx/Dockerfile": "FROM scratch\nARG ENV=a\nCOPY files /files\nCOPY $ENV /config\n",
    "ctx/files/changes": "1",
    "ctx/files/d/é <&>": "name",
    "ctx/a": "env=a",
    "ctx/b": "env=b",
  });
  for (const name of ["big", "big2"]) {
    Deno.writeFileSync(space.path(`ctx/files/${name}`), randomBytes(4 * MIB));
  }
  Deno.linkSync(space.path("ctx/files/big"), space.path("ctx/files/linked"));
  Deno.symlinkSync("big", space.path("ctx/files/link"));
  // Size and time of both configurations are the same.
  for (const name of ["a", "b"]) Deno.utimeSync(space.path(`ctx/${name}`), 5, 5);

  /** Builds into folder `out`; returns the bytes that came. */
  const builds = async (output: string, ...args: string[]) => {
    const before = proxy.bytes.down;
    await succeeds(space.fairlead(["build", "-o", output, ...args, "ctx"]));
    return proxy.bytes.down - before;
  };
  /** Compares with a fresh folder. */
  const isWhole = async (out: string, ...args: string[]) => {
    await Deno.remove(space.path("fresh"), { recursive: true }).catch(() => {});
    await builds("type=local,dest=fresh", ...args);
    equal(await listing(space.path(out)), await listing(space.path("fresh")));
    await check("diff", ["-r", space.path(out), space.path("fresh")]);
  };
  const reuse = "type=local,dest=out,reuse=true";

  await t.step(
    "nothing of the usual files comes, and what is wrong with them is put right",
    async () => {
      await builds("type=local,dest=out");
      Deno.chmodSync(space.path("out/files/big"), 0o600);
      await Deno.utime(space.path("out/files/big2"), 5, 5);
      const came = await builds(reuse);
      ok(came < MIB, `${came} bytes came`);
      await isWhole("out");
    },
  );

  await t.step("changes on either side are transferred", async () => {
    space.write({ "ctx/files/changes": "2" });
    using file = Deno.openSync(space.path("out/files/big2"), { write: true });
    file.writeSync(randomBytes(10));
    const stat = Deno.statSync(space.path("ctx/files/big2"));
    await Deno.utime(space.path("out/files/big2"), stat.mtime!, stat.mtime!);
    const came = await builds(reuse);
    ok(came > 4 * MIB && came < 5 * MIB, `${came} bytes came`);
    await isWhole("out");
  });

  await t.step("a file of the same size and time, but with other content", async () => {
    await builds(reuse, "--build-arg=ENV=b");
    equal(space.read("out/config"), "env=b");
  });

  await t.step("mode=delete, platforms, and an epoch", async () => {
    space.write({ "out/extra": "x" });
    const mirrored = await builds(`${reuse},mode=delete`);
    ok(mirrored < MIB, `${mirrored} bytes came`);
    await isWhole("out");
    const args = ["--platform=linux/amd64,linux/arm64", "--build-arg=SOURCE_DATE_EPOCH=7"];
    const output = "type=local,dest=platforms";
    await builds(output, ...args);
    const came = await builds(`${output},reuse=true`, ...args);
    ok(came < MIB, `${came} bytes came`);
    equal((await listing(space.path("platforms"))).includes("provenance"), false);
  });

  await t.step("impossible requests are refused", async () => {
    const refused = async (output: string, ...args: string[]) => {
      return (await fails(space.fairlead(["build", "-o", output, ...args, "ctx"]))).stderr;
    };
    match(await refused(reuse, "--provenance=false"), /reuse=true needs the default provenance/);
    match(await refused(reuse, "--sbom=true"), /reuse=true needs the default provenance/);
    match(await refused(reuse, "-o", "type=tar,dest=t"), /reuse=true needs a build whose outputs/);
    match(await refused("type=local,dest=out,reuse=x"), /invalid value "x" for reuse/);
  });
});
