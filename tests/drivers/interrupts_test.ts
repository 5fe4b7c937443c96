/**
 * Clients that end in the middle of a boot or a removal: by Ctrl-C, by two, or by a kill. The
 * engine is real; the way to it holds one request, so that each step is certain to be met.
 */
import { equal, match, notEqual } from "node:assert/strict";
import { dockerEngine } from "../harness/dockerd.ts";
import { startFairlead } from "../harness/fairlead.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { untilListening } from "../harness/until_listening.ts";
import { importDaemonImage } from "./daemon_image.ts";
import { type EngineSpace, engineSpace } from "./engine.ts";
import { type HeldEngine, heldEngine } from "./held_engine.ts";

const ignore = skip(
  needsRoot() ??
    await missing("containerd", "runc", "busybox", "buildkitd", "buildctl", "buildx") ??
    (await dockerEngine()).reason,
);
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

interface Rig extends AsyncDisposable {
  readonly space: EngineSpace;
  readonly held: HeldEngine;
  ok(args: readonly string[], program?: EngineSpace["fairlead"]): Promise<void>;
  create(): Promise<void>;
  /** Lists the engine's containers with their states, and its volumes. */
  left(): Promise<string>;
}

async function rig(): Promise<Rig> {
  const space = await engineSpace({ init: true });
  const image = await importDaemonImage(space);
  space.write({ "buildkitd.toml": "debug = false\n" });
  const held = heldEngine(space.engine.socket, space.path("engine"));
  const ok: Rig["ok"] = async (args, program = space.fairlead) => {
    const { code, stderr } = await program(args);
    equal(code, 0, `${args.join(" ")}: ${stderr}`);
  };
  return {
    space,
    held,
    ok,
    create: () =>
      ok([
        ...["create", "--name=Made", "--driver=docker-container", "--driver-opt"],
        ...[`image=${image},network=host`, "--buildkitd-config=buildkitd.toml", held.host],
      ]),
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
  [step, when]: readonly [step: keyof typeof STEPS, when: "before" | "after"],
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
const volume = `${container}_state`;

test("docker-container: Ctrl-C in the middle of a boot or a removal", async (t) => {
  await using made = await rig();
  const { space, left, ok } = made;
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
    await ok(boot);
  });
  await t.step("in rm: the builder stays, and the next rm removes the rest", async () => {
    const { code, text } = await endAt(made, ["rm", "Made"], ["removal", "after"], "SIGINT");
    equal(code, 130, text);
    equal(await left(), volume);
    await ok(["rm", "Made"]);
    equal(await left(), "");
    notEqual((await space.fairlead(["inspect", "Made"])).code, 0);
  });
});

test("docker-container: a client that is killed in the middle of a boot", async (t) => {
  await using made = await rig();
  const { space, left, ok } = made;
  const steps = [
    ...[["pull", "before"], ["probe", "before"], ["create", "after"], ["copy", "after"]],
    ...[["start", "before"], ["start", "after"], ["wait", "after"]],
  ] as ["pull", "before" | "after"][];
  for (const at of steps) {
    await t.step(`${at[1]} the ${at[0]}: both programs go on, and no probe stays`, async () => {
      await made.create();
      await endAt(made, boot, at, "SIGKILL");
      await ok(boot);
      equal(await left(), `${container} running, ${volume}`);
      await ok(boot, space.buildx);
      await ok(["rm", "Made"]);
      equal(await left(), "");
    });
  }
});
