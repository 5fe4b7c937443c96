/**
 * fairlead as docker's plugin: called by docker's real client, compared with the peer; and the
 * files that install leaves.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { buildxVersion } from "../../version.ts";
import { run } from "../harness/run.ts";
import { sharedBuildkitd } from "../harness/shared.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { withoutHints } from "../operate/beside.ts";
import { pluginWorld, program } from "./plugin_world.ts";
import { start } from "../harness/fairlead.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(await missing("docker", "buildx"));
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const noDaemon = skip(
  needsRoot() ??
    await missing("docker", "buildx", "buildkitd", "runc", "busybox", "docker-registry"),
);
const address = noDaemon ? "" : (await sharedBuildkitd()).address;
const nowhere = "tcp://127.0.0.1:1";

test("docker calls us, by both names, and passes its own flags on", async () => {
  await using world = await pluginWorld(nowhere);
  equal((await world.fairlead("install", "--buildx")).code, 0);
  for (const name of ["buildx", "fairlead"]) {
    const { stdout } = await succeeds(world.docker(name, "version"));
    match(stdout, new RegExp(`^\\S+ ${buildxVersion.replaceAll(".", "\\.")} fairlead v`));
  }
  const info = await world.docker("info", "--format", "{{json .ClientInfo.Plugins}}");
  const plugins = JSON.parse(info.stdout) as { Name: string; Version: string; Err?: string }[];
  deepEqual(
    plugins.filter(({ Name }) => ["buildx", "fairlead"].includes(Name))
      .map(({ Name, Version, Err }) => [Name, Version, Err]),
    [["buildx", buildxVersion, undefined], ["fairlead", buildxVersion, undefined]],
  );
  const debug = await world.docker("-D", "--log-level", "info", "buildx", "inspect", "nope");
  match(debug.stderr, /BuilderError: no builder/, "-D is ours, too");
  const help = await world.docker("buildx", "imagetools", "inspect", "--help");
  match(help.stdout, /^Usage: {2}docker buildx imagetools inspect \[OPTIONS\] NAME\n/);
  for (const topic of [[], ["imagetools", "inspect"]]) {
    const behind = await world.docker("buildx", ...topic, "--help");
    for (const before of ["help", "--help"]) {
      deepEqual(await world.docker(before, "buildx", ...topic), behind);
      equal((await world.dockerWithBuildx(before, "buildx", ...topic)).code, 0);
    }
  }
  // compose calls the plugin directly, without docker's variable.
  const direct = await world.fairlead("buildx", "version");
  match(direct.stdout, /^fairlead v/);
  // A caller that uses a plugin's name asks for the version of buildx that we match, also without
  // docker.
  for (const name of ["docker-buildx", "docker-fairlead"]) {
    const { stdout } = await run(`${world.plugins}/${name}`, ["version"], { env: world.env });
    match(stdout, new RegExp(`^\\S+ ${buildxVersion.replaceAll(".", "\\.")} fairlead v`));
  }
});

test("wrong command lines end as in buildx", async () => {
  await using world = await pluginWorld(nowhere);
  await world.fairlead("install", "--buildx");
  const lines = [
    ["build", "--nope", "."],
    ["build"],
    ["imagetools", "inspect"],
    ["imagetools", "inspect", "--nope"],
    ["rm", "--timeout", "x"],
    ["--nope"],
    ["create", "--name"],
    ["inspect", "nope"],
    ["history", "logs", "--nope"],
    ["foo"],
    ["imagetools", "foo"],
    ["--builder", "nope", "du"],
    ["du", "--filter", "bad"],
    ["prune", "-f", "--filter", "bad"],
    ["build", "--ulimit", "bad", "."],
    ["build", "--ulimit", "nofile=2:1", "."],
    ["--builder", "nope", "prune", "-f", "--keep-storage", "1gb"],
  ];
  for (const line of lines) {
    const theirs = await world.dockerWithBuildx("buildx", ...line);
    const ours = withoutHints(await world.docker("buildx", ...line));
    equal(ours.stderr, theirs.stderr, line.join(" "));
    // The peer shows its own list of commands for one that it doesn't know.
    if (!line.includes("foo")) equal(ours.stdout, theirs.stdout, line.join(" "));
    equal(ours.code, theirs.code, line.join(" "));
  }
});

test("a missing docker context is no builder, whatever else is chosen", async () => {
  await using world = await pluginWorld(nowhere);
  await world.fairlead("install", "--buildx");
  // The flag goes before DOCKER_HOST, which is set.
  world.env.BUILDX_BUILDER = "";
  const nope = ["--context", "nope", "buildx"];
  for (const line of [["du"], ["ls"], ["inspect"], ["stop"], ["prune", "-f"], ["dial-stdio"]]) {
    const theirs = await world.dockerWithBuildx(...nope, ...line);
    const ours = await world.docker(...nope, ...line);
    deepEqual(withoutHints(ours), theirs, line.join(" "));
    match(ours.stderr, /^hint: it is the docker context in use, .* are default: see/m);
  }
  // A builder that was mistyped is an error, even for a command that needs none.
  equal((await world.docker("buildx", "use", "--global", "test")).code, 0);
  equal((await world.dockerWithBuildx(...nope, "inspect")).code, 1);
  match((await world.docker(...nope, "inspect")).stderr, /^ERROR: no builder "nope" found$/m);
  equal((await world.docker(...nope, "version")).code, 0);
  // The environment chooses a builder that the command doesn't need.
  world.env.DOCKER_HOST = "";
  world.env.DOCKER_CONTEXT = "nope";
  match((await world.fairlead("inspect")).stdout, /^Name: +test$/m);
  match((await world.fairlead("ls")).stdout, /^test\*/m);
  Deno.removeSync(`${world.env.BUILDX_CONFIG}/current`);
  const listed = await world.fairlead("ls");
  match(listed.stderr, /^WARNING: no builder "nope" found: it is the docker context in use/);
  match(listed.stdout, /^test /m);
});

Deno.test({ ignore: noDaemon, name: "the end of docker's socket cancels a build" }, async () => {
  await using world = await pluginWorld(address);
  world.space.write({
    "ctx/Dockerfile": `FROM busybox\nRUN echo begun; sleep 100 # ${Math.random()}\n`,
  });
  const path = world.space.path("socket");
  using listener = Deno.listen({ transport: "unix", path });
  const build = start(
    [program, "buildx", "build", "--progress", "plain", "ctx"],
    {
      cwd: world.space.dir,
      env: {
        ...world.env,
        DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: "/usr/bin/docker",
        DOCKER_CLI_PLUGIN_SOCKET: path,
      },
    },
  );
  const connection = await listener.accept();
  await build.until(/^#\d+ [\d.]+ begun$/m);
  connection.close();
  const { code, stderr } = await build.ended;
  equal(code, 130, stderr);
  match(stderr, /ERROR: failed to build: .*context canceled|ERROR: context canceled/);
});

test("install keeps other plugins, and uninstall undoes it", async () => {
  await using world = await pluginWorld(nowhere);
  const plugins = world.space.path(".docker/cli-plugins");
  const files = () =>
    [...Deno.readDirSync(plugins)].map((
      { name },
    ) => [name, Deno.readTextFileSync(`${plugins}/${name}`)])
      .sort();
  world.space.write({
    ".docker/cli-plugins/docker-buildx": "#!/bin/sh\n",
    ".docker/config.json": '{"aliases":{"builder":"buildx"}}',
  });
  const before = files();
  const refused = await fails(world.fairlead("install", "--buildx"));
  match(refused.stderr, /hint: add --force[^]*docker-buildx is another plugin/);
  deepEqual(files(), before, "nothing half done");

  for (let again = 0; again < 2; again++) {
    await succeeds(world.fairlead("install", "--buildx", "--force"));
    match((await world.docker("buildx", "version")).stdout, /fairlead/);
  }
  const shown = await world.docker("--help");
  ok(!/invalid/i.test(shown.stdout), "what is kept aside is no plugin to docker");
  const undone = await world.fairlead("uninstall");
  equal(undone.stdout, "docker fairlead: removed\ndocker buildx: restored\n");
  deepEqual(files(), before);
  equal(world.space.read(".docker/config.json"), '{"aliases":{"builder":"buildx"}}');
  equal((await world.fairlead("uninstall")).stdout, "");

  const byDeno = await fails(world.space.fairlead(["install"]));
  match(byDeno.stderr, /hint: start fairlead by its program/);
});
