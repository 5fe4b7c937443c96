/** The BuildKit inside real Docker engines, compared with the real buildx and its docker driver. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type DockerdOptions, dockerEngine } from "../harness/dockerd.ts";
import { startRegistry } from "../harness/registry.ts";
import type { Ran } from "../harness/run.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { type EngineSpace, engineSpace, words } from "./engine.ts";
import { succeeds } from "../harness/ended.ts";

const lacking = needsRoot() ??
  await missing("containerd", "runc", "busybox", "buildx", "docker-registry");
const gateway = "10.9.8.7";

interface Case extends DockerdOptions {
  readonly what: string;
  readonly containerd?: boolean;
  readonly old?: boolean;
}

const engines: readonly Case[] = [
  { engine: "bookworm", what: "Docker 20.10", old: true },
  { engine: "trixie", what: "Docker 26.1", gateway },
  // This engine is from Debian's unstable branch, which sometimes lacks it.
  { engine: "sid", what: "Docker 28 with containerd's images", gateway, containerd: true },
];

/** Builds the folder with both programs. */
async function both(space: EngineSpace, ...args: string[]): Promise<[Ran, Ran]> {
  const command = ["build", "--progress=plain", "--network=host", ...args, "ctx"];
  const theirs = await space.buildx(command);
  return [await space.fairlead(command), theirs];
}

/** The message of a failure: the text after `ERROR: `. */
function failure({ code, stderr }: Ran): string {
  equal(code, 1, stderr);
  const text = /^ERROR: (.*)$/ms.exec(stderr)?.[1] ?? stderr;
  return text.replace(/^failed to build: /, "").split("\nhint:")[0]!.trim();
}

async function imageId({ engine }: EngineSpace, name: string): Promise<string> {
  return (await engine.docker("images", "-q", "--no-trunc", name)).stdout.trim();
}

/** Command lines that both programs refuse in the same words. */
const refused: readonly (readonly [string, ...string[]])[] = [
  ["an OCI archive", "-o", "type=oci,dest=o.tar"],
  ["a docker archive", "-o", "type=docker,dest=d.tar"],
  [
    "a docker archive of two platforms",
    "-o=type=docker,dest=d.tar",
    "--platform=linux/amd64,linux/arm64",
  ],
  ["a cache", "--cache-to", "type=local,dest=cache"],
  ["two platforms", "--platform", "linux/amd64,linux/arm64"],
  ["--load of two platforms", "--load", "--platform", "linux/amd64,linux/arm64"],
  ["attestations", "--provenance=mode=max"],
  ["annotations of an index", "--annotation", "index:a=b"],
  ["a push by digest", "-o", "type=image,name=a/b,push=true,push-by-digest=true"],
];

for (const { what, containerd = false, old = false, ...options } of engines) {
  const reason = lacking ?? (await dockerEngine(options.engine)).reason;
  const ignore = skip(reason, { optional: options.engine === "sid" });

  Deno.test({ name: `docker driver: ${what}`, ignore }, async (t) => {
    await using space = await engineSpace(options);

    await t.step("ls and inspect", async () => {
      for (const command of [["ls"], ["inspect"]]) {
        const [ours, theirs] = [await space.fairlead(command), await space.buildx(command)];
        // The builder `default`, its node of that name, and buildx's own widths.
        equal(words(ours.stdout).join("\n"), words(theirs.stdout).join("\n"));
        equal(ours.code, 0);
      }
      const features = async (run: EngineSpace["fairlead"]) =>
        words((await run(["inspect"], { DEBUG: "1" })).stdout);
      deepEqual(await features(space.fairlead), await features(space.buildx));
    });

    await t.step("the result is an image of the engine", async () => {
      const [ours, theirs] = await both(space, "-t", "a/b:1", "--iidfile", "id");
      for (const { code, stderr } of [ours, theirs]) equal(code, 0, stderr);
      match(theirs.stderr + ours.stderr, /it ran as 42/);
      match(ours.stderr, /^#0 building with "default" instance using docker driver$/m);
      match(ours.stderr, /naming to docker\.io\/a\/b:1/);
      equal(/^WARNING/m.test(ours.stderr), false, ours.stderr);
      equal(space.read("id"), await imageId(space, "a/b:1"));
      const run = ["run", "--rm", "--network=none", "a/b:1"];
      const ran = await space.engine.docker(...run, "sh", "-c", "echo alive");
      equal(ran.stdout, "alive\n");
    });

    await t.step("its answers are buildx's", async () => {
      const answers = async (run: EngineSpace["fairlead"]) => {
        const args = ["build", "--network=host", "-t", "a/b:2", "--metadata-file=meta", "ctx"];
        await succeeds(run(args));
        const { "buildx.build.ref": ref, ...rest } = JSON.parse(space.read("meta"));
        match(ref, /^default\/default\/[a-z0-9]{25}$/);
        return { keys: Object.keys(rest), image: rest["containerimage.digest"] };
      };
      const [theirs, ours] = [await answers(space.buildx), await answers(space.fairlead)];
      deepEqual(ours.keys, theirs.keys);
      // With attestations an index holds the time of the build.
      if (!containerd) equal(ours.image, theirs.image);
    });

    await t.step("--call, local and tar outputs, du, prune", async () => {
      await succeeds(space.fairlead(["build", "--network=host", "-o", "out", "ctx"]));
      ok(Deno.statSync(space.path("out/bin/sh")).size > 0);
      const several = await both(space, "-o", "type=tar,dest=1.tar", "-o", "type=tar,dest=2.tar");
      if (old) equal(failure(several[0]), failure(several[1]));
      else equal(several[0].code, 0, several[0].stderr);
      const used = await space.fairlead(["du"]);
      match(used.stdout, /^Total:/m);
      equal((await space.fairlead(["prune", "-f"])).code, 0);
    });

    if (old) {
      await t.step("unsupported requests are refused with the reason", async () => {
        const history = await space.fairlead(["history", "ls"]);
        equal(failure(history), "node default: the daemon has no build history");
        match(history.stderr, /^hint: BuildKit keeps records of builds since v0\.11/m);
        const [ours, theirs] = await both(space, "--check");
        equal(failure(ours), failure(theirs));
        match(ours.stderr, /^hint: the daemon's Dockerfile frontend is too old for --call=lint/m);
      });
    } else {
      await t.step("history", async () => {
        match((await space.fairlead(["history", "ls"])).stdout, /ctx +Completed/);
      });
    }

    await t.step("host-gateway", async () => {
      space.write({ "host/Dockerfile": "FROM a/b:1\nRUN cat /etc/hosts\n" });
      const args = ["build", "--progress=plain", "--network=host", "--no-cache", "host"];
      const ran = await space.fairlead([...args, "--add-host", "gw=host-gateway"]);
      if (options.gateway === undefined) {
        const theirs = await space.buildx([...args, "--add-host", "gw=host-gateway"]);
        equal(failure(ran), failure(theirs));
      } else {
        equal(ran.code, 0, ran.stderr);
        match(ran.stderr, /10\.9\.8\.7\s+gw/);
      }
    });

    for (const [title, ...args] of refused) {
      await t.step(title, async () => {
        const [ours, theirs] = await both(space, ...args);
        if (theirs.code !== 0) equal(failure(ours), failure(theirs));
        else {
          ok(containerd, `buildx takes it: ${args}`);
          equal(ours.code, 0, ours.stderr);
        }
      });
    }

    await t.step("a push, by the engine where its BuildKit can't", async () => {
      await using registry = await startRegistry({ password: { user: "me", password: "hunter2" } });
      const name = `${registry.host}/pushed/it:1`;
      const [ours] = await both(space, "-t", name, "--push");
      equal(ours.code, 1);
      const auth = btoa("me:hunter2");
      const types = [
        "docker.distribution.manifest.v2",
        "oci.image.manifest.v1",
        "oci.image.index.v1",
      ];
      const accept = types.map((type) => `application/vnd.${type}+json`).join(",");
      space.write({
        ".docker/config.json": JSON.stringify({ auths: { [registry.host]: { auth } } }),
      });
      const digests = [];
      for (const run of [space.buildx, space.fairlead]) {
        const args = ["--push", "-t", name, "--progress=plain", "--metadata-file=meta", "ctx"];
        const { stderr } = await succeeds(run(["build", "--network=host", ...args]));
        equal(/^#\d+ pushing .* with docker$/m.test(stderr), !containerd, stderr);
        const digest = JSON.parse(space.read("meta"))["containerimage.digest"];
        digests.push(digest);
        const found = await fetch(`${registry.url}/v2/pushed/it/manifests/${digest}`, {
          headers: { authorization: `Basic ${auth}`, accept },
        });
        await found.body?.cancel();
        equal(found.status, 200);
      }
      if (!containerd) equal(digests[1], digests[0]);
      Deno.removeSync(space.path(".docker/config.json"));
    });
  });
}
