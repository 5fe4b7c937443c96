/** Builders of the driver docker-container on the other engines, with an image behind a login. */
import { equal, match } from "node:assert/strict";
import type { Engine } from "../harness/dockerd.ts";
import { startRegistry } from "../harness/registry.ts";
import { skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { engineMissing, engineSpace, importDaemonImage } from "./engine.ts";
import { fails, succeeds } from "../harness/ended.ts";

const login = { user: "me", password: "secret" };

for (const engine of ["sid", "bookworm"] satisfies Engine[]) {
  const ignore = skip(await missing("docker-registry") ?? await engineMissing(engine));
  Deno.test({ name: `docker-container on the engine of ${engine}`, ignore }, async (t) => {
    await using space = await engineSpace({ engine, init: true });
    await using registry = await startRegistry({ password: login });
    await importDaemonImage(space);
    const image = `${registry.host}/daemon:1`;
    const logins = JSON.stringify({
      auths: { [registry.host]: { auth: btoa(`${login.user}:${login.password}`) } },
    });
    space.write({ ".docker/config.json": logins });
    const docker = async (...args: string[]) => {
      const config = `--config=${space.path(".docker")}`;
      return (await space.engine.docker(config, ...args)).stdout.trim();
    };
    await docker("tag", "made-daemon", image);
    await docker("push", image);
    await docker("rmi", image, "made-daemon");
    const options = ["--driver-opt", `image=${image},network=host`];
    await succeeds(space.fairlead(["create", "--name=other", "--use", ...options]));

    await t.step("without the login: the reason, and nothing is left", async () => {
      space.write({ ".docker/config.json": "{}" });
      const { stderr } = await fails(space.fairlead(["inspect", "--bootstrap"]));
      match(stderr, /^ERROR: cannot pull the builder's image 127\.0\.0\.1:\d+\/daemon:1: .*auth/m);
      equal(await docker("ps", "-aq"), "");
      space.write({ ".docker/config.json": logins });
    });

    const booted = await space.fairlead(["build", "--progress=plain", "--network=host", "ctx"]);
    match(booted.stderr, /pulling image 127\.0\.0\.1:\d+\/daemon:1 .*done/);
    const isUnable = /unable to apply caps/.test(booted.stderr);
    if (booted.code !== 0 && isUnable && engine === "bookworm") {
      // This machine may not hand on all capabilities, which this engine requires.
      await t.step("a container that can't be started is removed again", async () => {
        equal(await docker("ps", "-aq"), "");
        equal((await space.fairlead(["rm", "other"])).code, 0);
        equal(await docker("volume", "ls", "-q"), "");
      });
      return;
    }
    equal(booted.code, 0, booted.stderr);
    match(booted.stderr, /it ran as 42/);
    await t.step("stopped, started without a pull, removed", async () => {
      equal((await space.fairlead(["stop"])).code, 0);
      const again = await succeeds(space.fairlead(["inspect", "--bootstrap"]));
      match(again.stderr, /starting container buildx_buildkit_other0/);
      equal((await space.fairlead(["rm", "other"])).code, 0);
      equal(await docker("ps", "-aq"), "");
      equal(await docker("volume", "ls", "-q"), "");
    });
  });
}
