/** Builders of the driver docker-container: either program uses and removes the other's. */
import { equal, match, ok } from "node:assert/strict";
import { freePort, until } from "../harness/daemon.ts";
import { startSshd } from "../harness/sshd.ts";
import { skip } from "../harness/skip.ts";
import {
  engineMissing,
  type EngineSpace,
  engineSpace,
  importDaemonImage,
  words,
} from "./engine.ts";
import { fails, succeeds } from "../harness/ended.ts";

const ignore = skip(await engineMissing());
const container = "buildx_buildkit_made0";

/** The lines about one builder, in the tables of both programs. */
async function rows(space: EngineSpace) {
  const of = (stdout: string) => words(stdout).filter((line) => /^(Made|\\_ made0)/.test(line));
  // A busy machine may need longer than ls waits by itself.
  const ls = ["ls", "--timeout=30s"];
  const [ours, theirs] = await Promise.all([space.fairlead(ls), space.buildx(ls)]);
  return { ours: of(ours.stdout), theirs: of(theirs.stdout), reported: ours.stderr };
}

const optionsOf = (image: string) =>
  [`image=${image}`, "network=host", "env.A=b"].flatMap((one) => ["--driver-opt", one]);
/** The options of GitHub's set-up action. */
const action = [
  ...["--name", "Made", "--driver", "docker-container", "--use", "--buildkitd-flags"],
  "--allow-insecure-entitlement security.insecure --allow-insecure-entitlement network.host",
];

/** A build whose step prints "it ran as 42". */
const build = ["build", "--progress=plain", "--network=host", "ctx"];

/** Runs a program so many times at once. */
const atOnce = <T>(count: number, run: () => Promise<T>) =>
  Promise.all(Array.from({ length: count }, run));

async function containers({ engine }: EngineSpace, ...args: string[]): Promise<string> {
  return (await engine.docker("ps", ...args, "--format", "{{.Names}} {{.State}}")).stdout.trim();
}

Deno.test({
  name: "docker-container: made by one program; used, stopped and removed by the other",
  ignore,
}, async (t) => {
  await using space = await engineSpace({ init: true });
  const image = await importDaemonImage(space);
  const programs = { fairlead: space.fairlead, buildx: space.buildx };
  for (const [maker, other] of [["fairlead", "buildx"], ["buildx", "fairlead"]] as const) {
    const [make, use] = [programs[maker], programs[other]];
    const create = ["create", ...action, ...optionsOf(image)];

    await t.step(`${maker} creates, ${other} shows`, async () => {
      equal((await succeeds(make(create))).stdout, "Made\n");
      const { ours, theirs, reported } = await rows(space);
      equal(ours.join("\n"), theirs.join("\n"));
      match(ours[1]!, / inactive$/);
      match(
        reported,
        /^Made \(made0\) is inactive: no container "buildx_buildkit_made0" at unix:/m,
      );
      match(reported, /a build creates it, and so does fairlead inspect --bootstrap Made$/m);
      const json = await Promise.all(
        [make, use].map((one) => one(["ls", "--format", "{{json .Builder.Nodes}}"])),
      );
      const [ownJson, peerJson] = json.map(({ stdout }) => stdout.split("\n")[0]);
      equal(ownJson, peerJson);
      equal(await containers(space, "-a"), "");
    });

    await t.step(`${maker} boots by a build, ${other} builds, too`, async () => {
      const { stderr } = await succeeds(make(build));
      match(stderr, /\[internal\] booting buildkit/);
      match(stderr, new RegExp(`creating container ${container} .*done`));
      match(stderr, /using local image made-daemon/);
      match(stderr, /it ran as 42/);
      equal(await containers(space), `${container} running`);
      match((await succeeds(use(build))).stderr, /it ran as 42|CACHED/);
      const { ours, theirs } = await rows(space);
      equal(ours.join("\n"), theirs.join("\n"));
      match(ours[1]!, / running v0/);
      const inspected = await Promise.all([space.fairlead(["inspect"]), space.buildx(["inspect"])]);
      // buildx prints driver options in no order.
      const text = ({ stdout }: { stdout: string }) =>
        words(stdout).filter((line) => !/^(Driver Options|Last Activity):/.test(line));
      equal(text(inspected[0]).join("\n"), text(inspected[1]).join("\n"));
    });

    await t.step(`${other} stops, ${maker} starts again`, async () => {
      await succeeds(use(["stop"]));
      // An engine's list lags a moment behind its answer.
      ok(await until(async () => !/running/.test(await containers(space)), 10_000));
      equal(await containers(space, "-a"), `${container} exited`);
      const { ours, theirs } = await rows(space);
      equal(ours.join("\n"), theirs.join("\n"));
      match(ours[1]!, / stopped$/);
      await succeeds(make(["inspect", "--bootstrap"]));
      equal(await containers(space), `${container} running`);
    });

    await t.step(`${other} removes, and keeps the cache when asked to`, async () => {
      const volumes = async () => (await space.engine.docker("volume", "ls", "-q")).stdout.trim();
      await succeeds(use(["rm", "--keep-state", "Made"]));
      equal(await containers(space, "-a"), "");
      equal(await volumes(), `${container}_state`);
      await succeeds(make(create));
      await succeeds(use(["inspect", "--bootstrap"]));
      await succeeds(make(["rm", "--keep-daemon", "Made"]));
      equal(await containers(space), `${container} running`);
      await succeeds(make(create));
      await succeeds(use(["rm", "Made"]));
      equal(await containers(space, "-a"), "");
      equal(await volumes(), "");
    });
  }

  await t.step("20 clients boot one builder at once: there is one daemon", async () => {
    await space.fairlead(["create", ...action, ...optionsOf(image)]);
    await atOnce(20, () => succeeds(space.fairlead(["inspect", "--bootstrap", "Made"])));
    equal(await containers(space, "-a"), `${container} running`);
  });

  await t.step("8 builds boot one builder at once, and all are built", async () => {
    await space.engine.docker("rm", "-f", container);
    await atOnce(8, () => succeeds(space.fairlead(build)));
  });

  await t.step("a daemon that somebody has started, and that doesn't listen yet", async () => {
    const { docker } = space.engine;
    await docker("rm", "-f", container);
    const late = ["/bin/busybox", "sh", "-c", 'sleep 2; exec buildkitd "$@"', "late"];
    await docker("create", "--name", "late", image);
    await docker("commit", "--change", `ENTRYPOINT ${JSON.stringify(late)}`, "late", "late");
    await docker("rm", "late");
    await space.fairlead(["create", "--name=Late", "--driver-opt=image=late,network=host"]);
    await space.fairlead(["inspect", "--bootstrap", "Late"]);
    await docker("restart", "-t", "0", "buildx_buildkit_late0");
    await succeeds(space.fairlead(["build", "--builder=Late", "--network=host", "ctx"]));
    await space.fairlead(["rm", "Late"]);
  });

  await t.step("a container that was removed is made again by the next build", async () => {
    await space.engine.docker("rm", "-f", container);
    const { stderr } = await succeeds(space.fairlead(["build", "--network=host", "ctx"]));
    match(
      stderr,
      /container \S+ is missing: it is created again, with its cache in the volume \S+_state/,
    );
    await succeeds(space.fairlead(["dial-stdio"]));
    await space.fairlead(["rm", "Made"]);
  });

  await t.step("doctor reports on the container and the cache", async () => {
    await space.fairlead(["create", ...action, ...optionsOf(image)]);
    const missing = await fails(space.fairlead(["doctor", "--transfer=0"]));
    match(missing.stdout, /^warning +container +there is no container buildx_buildkit_made0 /m);
    await space.fairlead(["inspect", "--bootstrap"]);
    const well = await succeeds(space.fairlead(["doctor", "--transfer=0", "--format=json"]));
    const { steps } = JSON.parse(well.stdout).nodes[0];
    const found = steps.find((each: { step: string }) => each.step === "container");
    equal(found.status, "ok");
    equal(found.container.restarts, 0);
    equal(found.container.image, image);
    match(found.text, /^buildx_buildkit_made0 is running since \S+Z, never restarted/);
    const cache = steps.find((each: { step: string }) => each.step === "cache");
    match(cache.text, /^\d\S* in \d+ records, .* not in use; garbage collection keeps \d/);
    await space.fairlead(["rm", "Made"]);
  });

  await t.step("an engine behind ssh, with no docker program on this side", async () => {
    await using sshd = await startSshd();
    const access = `identity=${sshd.key}&knownHosts=${sshd.knownHosts}`;
    const socket = space.engine.address.slice("unix://".length);
    const host = `ssh://root@127.0.0.1:${sshd.port}${socket}?${access}`;
    const away = { DOCKER_HOST: "unix:///no/docker.sock", PATH: "/nowhere" };
    const fairlead = (...args: string[]) => succeeds(space.fairlead(args, away));
    await fairlead("create", ...action, ...optionsOf(image), host);
    match((await fairlead(...build)).stderr, /it ran as 42/);
    equal(await containers(space), `${container} running`);
    await fairlead("stop");
    equal(await containers(space), "");
    await fairlead("rm", "Made");
    equal(await containers(space, "-a"), "");
  });

  await t.step("--listen: other machines build over TCP with certificates", async () => {
    const port = freePort();
    const listen = ["--listen", `127.0.0.1:${port}`, "--listen-certs", space.path("certs")];
    const made = await succeeds(
      space.fairlead(["create", ...action, ...optionsOf(image), ...listen]),
    );
    const line = /^fairlead create --name Made --driver remote [^]*tcp:\/\/\S+$/m.exec(
      made.stderr,
    )?.[0];
    const words = line!.replaceAll("\\\n", "").split(/ +/).slice(1)
      .map((word) => word === "Made" ? "other" : word);
    await succeeds(space.fairlead(["inspect", "--bootstrap", "Made"]));
    equal((await space.fairlead(words)).code, 0);
    await succeeds(space.fairlead([
      ...["build", "--builder=other", "--progress=plain", "--network=host", "ctx"],
    ]));
    const bare = await space.fairlead(["doctor", "--transfer=0", `tcp://127.0.0.1:${port}`]);
    equal(bare.code, 1, "nobody comes in without a certificate");
    const more = ["create", "--name=more", "--driver=docker-container"];
    const again = await space.fairlead([...more, ...listen]);
    match(again.stderr, /--listen-certs[^]*certs\/ca\/ca\.pem already exists/);
    equal((await space.fairlead(["inspect", "more"])).code, 1);
    const remote = await space.fairlead(["create", "--driver=remote", "--listen=h", "tcp://h:1"]);
    match(remote.stderr, /--listen is not supported for remote driver/);
    await space.fairlead(["rm", "Made", "other"]);
  });

  await t.step("a container of that name that is no builder's is left alone", async () => {
    await space.fairlead(["create", ...action, ...optionsOf(image)]);
    await space.engine.docker("create", "--name", container, "--network=host", image);
    for (const args of [["build", "ctx"], ["inspect", "--bootstrap"], ["stop"], ["rm", "Made"]]) {
      const { code, stderr } = await space.fairlead(args);
      equal(code, 1, `${args}: ${stderr}`);
      match(stderr, /does not belong to a builder/);
    }
    equal(await containers(space, "-a"), `${container} created`);
    await space.engine.docker("rm", container);
  });

  await t.step("an impossible builder is refused, and leaves nothing", async () => {
    const create = (...options: string[]) =>
      space.fairlead(["create", "--name", "Made", "--driver", "docker-container", ...options]);
    await create("--driver-opt", "image=127.0.0.1:1/nope:1,network=host");
    const absent = await fails(space.fairlead(["inspect", "--bootstrap", "Made"]));
    match(absent.stderr, /^ERROR: cannot pull the builder's image 127\.0\.0\.1:1\/nope:1: .+$/m);
    match(absent.stderr, /^hint: try it by hand: docker --host=unix:.* pull/m);
    await space.fairlead(["rm", "Made"]);
    await create("--driver-opt", `image=${image},network=host`, "--buildkitd-flags=--nope");
    const dies = await fails(space.fairlead(["inspect", "--bootstrap", "Made"]));
    match(dies.stderr, /buildkitd in container \S+ doesn't answer .*-nope/);
    match(dies.stderr, /^hint: see docker .* logs .*remove it by/m);
    await space.fairlead(["rm", "Made"]);
    await create("--driver-opt", `image=${image},network=host,restart-policy=nope`);
    const refused = await space.fairlead(["inspect", "--bootstrap", "Made"]);
    match(refused.stderr, /invalid restart policy/);
    await space.fairlead(["rm", "Made"]);
    equal(await containers(space, "-a"), "");
  });

  await t.step("--dry-run prints what would be made, and makes nothing", async () => {
    const { stdout } = await succeeds(space.fairlead([
      ...["create", "--dry-run", ...action, ...optionsOf(image)],
    ]));
    const { nodes: [node] } = JSON.parse(stdout);
    equal(node.container.Name, container);
    equal(node.container.Image, image);
    equal(node.volume.Name, `${container}_state`);
    equal((await space.fairlead(["inspect", "Made"])).code, 1);
    equal(await containers(space, "-a"), "");
  });

  await t.step("an engine that isn't there", async () => {
    const { stderr } = await fails(space.fairlead(
      ["create", "--name", "Made", "--driver", "docker-container", "unix:///no/engine"],
    ));
    match(stderr, /^ERROR: failed to initialize builder Made \(Made0\): cannot reach/im);
    equal((await space.fairlead(["inspect", "Made"])).code, 1);
  });
});
