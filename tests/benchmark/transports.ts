// deno-lint-ignore-file no-console
import { need } from "../harness/tool.ts";
import { check } from "../harness/run.ts";
import { buildctlAt, buildctlBuild, driverOptions } from "./away.ts";
import type { Program } from "./cases.ts";
import { measure } from "./measure.ts";
import { median } from "./table.ts";
import { openWays, type Way } from "./ways.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { touch, writeRandom } from "./files.ts";

const MIB = 1 << 20;
/** The size of the upload, in bytes. */
const SIZE = 256 * MIB;
const programs = ["fairlead", "buildctl", "buildx"] as const;

/**
 * Measures each way to a daemon. One measure is the time in which a program lists the daemon's
 * workers, with start-up and helper. The other is the speed at which it uploads a build context of
 * one file. The programs run in turn, and the printed values are medians.
 * @param only a part of the names of the wanted ways; empty for all
 */
export async function transports(
  fairlead: readonly string[],
  runs: number,
  only = "",
): Promise<void> {
  await using ways = await openWays();
  const context = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "fairlead-bench-" });
  await using _ = removedLater(context);
  await Deno.writeTextFile(`${context}/Dockerfile`, "FROM scratch\nCOPY big /\n");
  await writeRandom(`${context}/big`, SIZE);
  console.log(
    `### transports (${runs} runs each): first answer in ms, ${SIZE / MIB} MiB up in MiB/s\n`,
  );
  console.log("| | first answer | | | up | | | the peers' helper |");
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
  console.log(`| | ${programs.join(" | ")} | ${programs.join(" | ")} | |`);
  for (const [at, way] of ways.list.entries()) {
    if (!way.name.includes(only)) continue;
    const commands = await commandsOf(way, `way${at}`, fairlead, context, ways.env);
    const first = await medians(commands.ask, ways.env, runs);
    const up = await medians(commands.build, ways.env, runs, () => touch(`${context}/big`));
    const cell = (seconds: number | undefined, text: (value: number) => number) =>
      seconds === undefined ? "" : text(seconds).toFixed(0);
    const cells = [
      ...programs.map((program) => cell(first[program], (wall) => wall * 1000)),
      ...programs.map((program) => cell(up[program], (wall) => SIZE / MIB / wall)),
    ];
    console.log(`| ${way.name} | ${cells.join(" | ")} | ${way.helper || "none"} |`);
  }
  for (const reason of ways.absent) console.log(`\nnot measured: ${reason}`);
}

/** No value for a program that can't use this way. */
type Commands = Readonly<Partial<Record<Program, readonly string[]>>>;

async function commandsOf(
  { endpoint, builder, tls = {} }: Way,
  own: string,
  fairlead: readonly string[],
  context: string,
  env: Readonly<Record<string, string>>,
): Promise<{ ask: Commands; build: Commands }> {
  const [buildctl, buildx] = [await need("buildctl"), await need("buildx")];
  const build = (name: string) => ["build", `--builder=${name}`, "--progress=plain", context];
  if (builder !== undefined) {
    return {
      ask: { fairlead: [...fairlead, "inspect", builder], buildx: [buildx, "inspect", builder] },
      build: { fairlead: [...fairlead, ...build(builder)], buildx: [buildx, ...build(builder)] },
    };
  }
  const create = ["create", `--name=${own}`, "--driver=remote", ...driverOptions(tls)];
  await check(buildx, [...create, endpoint], { env: { ...env } });
  return {
    ask: {
      fairlead: [...fairlead, "inspect", own],
      buildctl: [buildctl, ...buildctlAt(endpoint, tls), "debug", "workers"],
      buildx: [buildx, "inspect", own],
    },
    build: {
      fairlead: [...fairlead, ...build(own)],
      buildctl: [buildctl, ...buildctlBuild(endpoint, context, tls)],
      buildx: [buildx, ...build(own)],
    },
  };
}

/** Median wall seconds of each program; the first round warms caches up and doesn't count. */
async function medians(
  commands: Commands,
  env: Readonly<Record<string, string>>,
  runs: number,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<Partial<Record<Program, number>>> {
  const walls: Partial<Record<Program, number[]>> = {};
  for (let run = -1; run < runs; run++) {
    for (const program of programs) {
      const command = commands[program];
      if (command === undefined) continue;
      await before();
      const { wall } = await measure(command, { ...env });
      if (run >= 0) (walls[program] ??= []).push(wall);
    }
  }
  return Object.fromEntries(
    Object.entries(walls).map(([program, values]) => [program, median(values)]),
  );
}
