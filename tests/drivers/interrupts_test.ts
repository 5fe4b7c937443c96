/**
 * Clients that end in the middle of a boot or a removal: by Ctrl-C, by two, or by a kill. The
 * engine is real; the way to it holds one request, so that each step is certain to be met.
 */
import { equal, match, notEqual } from "node:assert/strict";
import { startFairlead } from "../harness/fairlead.ts";
import { succeeds } from "../harness/ended.ts";
import { skip } from "../harness/skip.ts";
import { untilListening } from "../harness/until_listening.ts";
import { engineMissing, type EngineSpace, engineSpace, importDaemonImage } from "./engine.ts";
import { type HeldEngine, heldEngine } from "./held_engine.ts";

const ignore = skip(await engineMissing());
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });
const container = "buildx_buildkit_made0";
const STEPS = {
  pull: /^POST \/images\/create/,
  probe: /^POST \/containers\/[0-9a-f]{64}\/start/,
  create: /^POST \/containers\/create\?name=/,
  copy: /^PUT .*\/archive/,
  start: /^POST \/containers\/buildx_\w+\/start/,
  wait: /^GET .*\/logs/,
  removal: /^DELETE \/containers\//,
};

/** A step, before or after the engine does it. */
type At = readonly [step: keyof typeof STEPS, when: "before" | "after"];

interface Rig extends AsyncDisposable {
  readonly space: EngineSpace;
  readonly held: HeldEngine;
  create(): Promise<void>;
  /** Lists the engine's containers with their states, and its volumes. */
  left(): Promise<string>;
}

async function rig(): Promise<Rig> {
  const space = await engineSpace({ init: true });
  const image = await importDaemonImage(space);
  space.write({ "buildkitd.toml": "debug = false\n" });
  const held = heldEngine(space.engine.socket, space.path("engine"));
  return {
    space,
    held,
    async create() {
      await succeeds(space.fairlead([
        ...["create", "--name=Made", "--driver=docker-container", "--driver-opt"],
        ...[`image=${image},network=host`, "--buildkitd-config=buildkitd.toml", held.host],
      ]));
    },
    async left() {
      const { docker } = space.engine;
      const lists = await Promise.all([
        docker("ps", "-a", "--format", "{{.Names}} {{.State}}"),
        docker("volume", "ls", "-q"),
      ]);
      return lists.flatMap(({ stdout }) => stdout.trim().split("\n")).filter(Boolean).join(", ");
    },
    async [Symbol.asyncDispose]() {
      await held[Symbol.asyncDispose]();
      await space[Symbol.asyncDispose]();
    },
  };
}

/** Starts the program, and sends signals at the step: the second once the first is answered. */
async function endAt(
  { space, held }: Rig,
  args: readonly string[],
  [step, when]: At,
  first: Deno.Signal,
  second?: Deno.Signal,
): Promise<{ readonly code: number; readonly text: string }> {
  const reached = held.hold(STEPS[step], when);
  const env = { ...space.env, BUILDKIT_PROGRESS: "plain" };
  const { child, ended, until } = startFairlead(args, { cwd: space.dir, env });
  const early = ended.then(({ stderr }) => stderr);
  const outcome = await Promise.race([reached, early]);
  equal(outcome, undefined, `${args.join(" ")} ended before ${step}: ${outcome}`);
  if (first === "SIGINT") await untilListening(child.pid);
  child.kill(first);
  if (second !== undefined) {
    await until(/which is unfinished/);
    child.kill(second);
  }
  const { code, stderr } = await ended;
  return { code, text: stderr };
}

const boot = ["inspect", "--bootstrap", "Made"];
const remove = ["rm", "Made"];
const volume = `${container}_state`;

test("docker-container: Ctrl-C in the middle of a boot or a removal", async (t) => {
  await using made = await rig();
  const { space, left } = made;
  await made.create();
  for (const at of [["pull", "before"], ["copy", "before"], ["start", "after"]] as const) {
    await t.step(`${at[1]} the ${at[0]}: nothing stays`, async () => {
      const { code, text } = await endAt(made, boot, at, "SIGINT");
      equal(code, 130, text);
      match(text, /^ERROR: context canceled$/m);
      equal(await left(), "");
    });
  }
  await t.step("in a build that boots: nothing stays", async () => {
    const build = ["build", "--builder=Made", "--network=host", "ctx"];
    const { code, text } = await endAt(made, build, ["start", "before"], "SIGINT");
    equal(code, 130, text);
    equal(await left(), "");
  });
  await t.step("twice: the end comes at once, and what may stay is named", async () => {
    const { code, text } = await endAt(made, boot, ["create", "after"], "SIGINT", "SIGINT");
    equal(code, 130, text);
    match(
      text,
      /removing container \S+made0, which is unfinished; if it stays: docker \S+ rm -f \S+made0; docker \S+ volume rm \S+made0_state$/m,
    );
  });
  await t.step("while the daemon comes up: the next client goes on with it", async () => {
    const { code, text } = await endAt(made, boot, ["wait", "before"], "SIGINT");
    equal(code, 130, text);
    equal(await left(), `${container} running, ${volume}`);
    await succeeds(space.fairlead(boot));
  });
  await t.step("in rm: the builder stays, and the next rm removes the rest", async () => {
    const { code, text } = await endAt(made, remove, ["removal", "after"], "SIGINT");
    equal(code, 130, text);
    equal(await left(), volume);
    await succeeds(space.fairlead(remove));
    equal(await left(), "");
    notEqual((await space.fairlead(["inspect", "Made"])).code, 0);
  });
});

test("docker-container: a client that is killed in the middle of a boot", async (t) => {
  await using made = await rig();
  const { space, left } = made;
  const steps: At[] = [
    ...[["pull", "before"], ["probe", "before"], ["create", "after"], ["copy", "after"]] as At[],
    ...[["start", "before"], ["start", "after"], ["wait", "after"]] as At[],
  ];
  for (const at of steps) {
    await t.step(`${at[1]} the ${at[0]}: both programs go on, and no probe stays`, async () => {
      await made.create();
      await endAt(made, boot, at, "SIGKILL");
      await succeeds(space.fairlead(boot));
      equal(await left(), `${container} running, ${volume}`);
      await succeeds(space.buildx(boot));
      await succeeds(space.fairlead(remove));
      equal(await left(), "");
    });
  }
});
