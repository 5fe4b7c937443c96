/** `doctor` through a Docker engine's containers: one that is well, one without buildctl. */
import assert from "node:assert/strict";
import { workspace } from "../build/workspace.ts";
import { buildkitImage } from "../harness/buildkit_image.ts";
import { startBuildkitd } from "../harness/buildkitd.ts";
import { startDockerd } from "../harness/dockerd.ts";
import { engineMissing } from "../drivers/engine.ts";
import { skip } from "../harness/skip.ts";
import { dockerEngineOf, importBuildkit } from "../transports/containers.ts";
import { fails, succeeds } from "../harness/ended.ts";

/** Engines that aren't there. */
const NOWHERE = { DOCKER_HOST: "unix:///no/engine.sock", CONTAINER_HOST: "unix:///no/engine.sock" };

Deno.test(
  {
    name: "doctor: into a container, and what is wrong with others",
    ignore: skip(await engineMissing()),
  },
  async () => {
    await using daemon = await startBuildkitd();
    await using dockerd = await startDockerd();
    await using space = await workspace("docker-container://well");
    await importBuildkit(dockerEngineOf(dockerd));
    const folder = daemon.socket.slice(0, daemon.socket.lastIndexOf("/"));
    const run = (name: string, ...options: string[]) =>
      dockerd.docker("run", "-d", "--name", name, "--network=none", ...options, buildkitImage);
    // The daemon is outside; what is inside is the real buildctl, with the daemon's socket.
    await run("well", "-e", "BUILDKIT_HOST=unix:///daemon/s", "-v", `${folder}:/daemon`);
    await run("bare");
    await dockerd.docker("exec", "bare", "rm", "/bin/buildctl");
    await dockerd.docker("create", "--name", "fresh", buildkitImage);
    await run("paused");
    await dockerd.docker("pause", "paused");
    const doctorAt = (url: string, env: Record<string, string> = {}) =>
      space.fairlead(["doctor", "--transfer=1m", url], { DOCKER_HOST: dockerd.address, ...env });
    const doctor = (name: string) => doctorAt(`docker-container://${name}`);
    try {
      const well = await succeeds(doctor("well"));
      assert.match(well.stdout, /\nok +exec +container well at unix:[^]*\nok +down /);
      const cases: [string, RegExp][] = [
        ["bare", /\nFAILED +exec +container bare has no buildctl[^]*hint: use an image/],
        ["fresh", /\nFAILED +exec +container fresh is not running[^]*hint: start it: docker start/],
        ["nobody", /\nFAILED +exec +no container "nobody"[^]*hint: /],
        ["paused", /\nFAILED +exec +container paused is paused[^]*hint: .*docker unpause paused/],
      ];
      for (const [name, expected] of cases) {
        const { stdout } = await fails(doctor(name));
        assert.match(stdout, expected);
      }
      const own = await succeeds(doctorAt("docker://"));
      assert.match(own.stdout, /\nok +connect +\/.*\nok +upgrade +the engine at unix:/);
      const dead: [string, Record<string, string>, RegExp][] = [
        ["docker://", NOWHERE, /^.*\nok +endpoint .*\nFAILED +connect +no engine at unix:\/\/\/no/],
        [
          "docker-container://x",
          NOWHERE,
          /\nFAILED +connect +no engine at unix:[^]*: start docker/,
        ],
        ["docker-container://x?context=none", {}, /\nFAILED +connect +docker context "none" not/],
        [
          "podman-container://x",
          NOWHERE,
          /\nFAILED +connect +no engine at unix:[^]*start podman's/,
        ],
        [
          "nerdctl-container://x",
          { PATH: "/no" },
          /\nFAILED +exec +the program nerdctl is not inst/,
        ],
      ];
      for (const [url, env, expected] of dead) {
        const { stdout } = await fails(doctorAt(url, env));
        assert.match(stdout, expected);
      }
    } finally {
      await dockerd.docker("unpause", "paused");
      await dockerd.docker("kill", "well", "bare", "paused");
    }
  },
);
