/** Builders that the real buildx has made with its docker-container driver. */
import { equal, match } from "node:assert/strict";
import { buildkitImage } from "../harness/buildkit_image.ts";
import { dockerEngine } from "../harness/dockerd.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { dockerEngineOf, importBuildkit } from "../transports/containers.ts";
import { fairleadCommand } from "../transports/fairlead.ts";
import { type EngineSpace, engineSpace, words } from "./engine.ts";

const ignore = skip(
  needsRoot() ??
    await missing("containerd", "runc", "busybox", "buildkitd", "buildctl", "buildx") ??
    (await dockerEngine()).reason,
);
const container = "buildx_buildkit_made0";

/** An image that starts buildkitd, as the one that buildx takes by default. */
async function importDaemonImage({ engine }: EngineSpace): Promise<string> {
  await importBuildkit(dockerEngineOf(engine));
  await engine.docker("create", "--name", "first", buildkitImage);
  const changes = ["--change", 'ENTRYPOINT ["buildkitd"]', "--change", "CMD []"];
  await engine.docker("commit", ...changes, "first", "made-daemon");
  await engine.docker("rm", "first");
  return "made-daemon";
}

/** The lines about one builder, in the tables of both programs. */
async function rows(space: EngineSpace) {
  const of = (stdout: string) => words(stdout).filter((line) => /^(Made|\\_ made0)/.test(line));
  const [ours, theirs] = await Promise.all([space.fairlead(["ls"]), space.buildx(["ls"])]);
  return { ours: of(ours.stdout), theirs: of(theirs.stdout), told: ours.stderr };
}

Deno.test({
  name: "a builder that buildx made is reached and shown, and never started or stopped",
  ignore,
  async fn(t) {
    await using space = await engineSpace({ init: true });
    const image = await importDaemonImage(space);
    const options = [`image=${image}`, "network=host", "env.A=b"].flatMap((one) => [
      "--driver-opt",
      one,
    ]);
    const made = await space.buildx(
      ["create", "--name", "Made", "--driver", "docker-container", "--use", ...options],
    );
    equal(made.code, 0, made.stderr);
    const before = space.read(".store/instances/made");
    const build = (...args: string[]) =>
      space.fairlead(["build", "--progress=plain", "--network=host", ...args, "ctx"]);

    await t.step("not made yet", async () => {
      const { ours, theirs, told } = await rows(space);
      equal(ours.join("\n"), theirs.join("\n"));
      match(ours[1]!, / inactive$/);
      match(told, /let buildx make it: docker buildx inspect --bootstrap Made$/m);
      const { code, stderr } = await build();
      equal(code, 1);
      match(stderr, new RegExp(`hint: let buildx make it[^]*no container "${container}" at unix:`));
    });

    const booted = await space.buildx(["inspect", "--bootstrap"]);
    equal(booted.code, 0, booted.stderr);

    await t.step("running", async () => {
      const { ours, theirs, told } = await rows(space);
      equal(ours.join("\n"), theirs.join("\n"));
      match(ours[1]!, / running v0/);
      equal(/Made/.test(told), false, told);
      const inspected = await Promise.all([space.fairlead(["inspect"]), space.buildx(["inspect"])]);
      // buildx prints driver options in no order.
      const text = ({ stdout }: { stdout: string }) =>
        words(stdout).filter((line) => !/^(Driver Options|Last Activity):/.test(line));
      equal(text(inspected[0]).join("\n"), text(inspected[1]).join("\n"));
      const { code, stderr } = await build();
      equal(code, 0, stderr);
      match(stderr, /it ran as 42/);
      match(stderr, /building with "Made" instance using docker-container driver/);
      match(stderr, /^WARNING: No output specified with docker-container driver\. /m);
      const du = await space.fairlead(["du"]);
      match(du.stdout, /^Total:/m);
    });

    await t.step("not ours to stop", async () => {
      const { code, stderr } = await space.fairlead(["stop"]);
      equal(code, 1);
      match(stderr, new RegExp(`^hint: docker --host=unix:.* stop ${container}$`, "m"));
      const { stdout } = await space.engine.docker("ps", "--format", "{{.Names}}");
      equal(stdout.trim(), container);
    });

    await space.engine.docker("stop", "-t", "1", container);

    await t.step("stopped", async () => {
      const { ours, theirs, told } = await rows(space);
      equal(ours.join("\n"), theirs.join("\n"));
      match(ours[1]!, / stopped$/);
      const command = `docker --host=unix:.* start ${container}, or docker buildx inspect`;
      match(told, new RegExp(`hint: start it: ${command} --bootstrap Made$`, "m"));
      for (const args of [["inspect", "--bootstrap", "--timeout=3s"], ["dial-stdio"], ["du"]]) {
        const { code, stderr } = await space.fairlead(args);
        equal(code, 1, `${args}: ${stderr}`);
        match(stderr, new RegExp(`hint: start it: ${command}[^]*is not running \\(exited\\)`));
      }
      const { stdout } = await space.engine.docker("ps", "--format", "{{.Names}}");
      equal(stdout, "", "nothing was started");

      // Told at once, so that whoever starts it meanwhile is waited for.
      const [program, ...args] = fairleadCommand("inspect", "--bootstrap", "--timeout=60s");
      const booting = new Deno.Command(program!, {
        args,
        env: space.env,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      let stderr = "";
      for await (const text of booting.stderr.pipeThrough(new TextDecoderStream())) {
        const offered = /hint:.*\n/.test(stderr);
        stderr += text;
        if (!offered && /hint:.*\n/.test(stderr)) await space.engine.docker("start", container);
      }
      const text = await new Response(booting.stdout).text();
      equal((await booting.status).code, 0, stderr);
      match(text, /^Status: +running$/m);
      match(stderr, new RegExp(`^waiting for made0: .*\\n  hint: start it: ${command}`));
    });

    equal(space.read(".store/instances/made"), before, "nothing was changed");
  },
});
