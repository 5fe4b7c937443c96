// deno-lint-ignore-file no-console
import { need } from "../../tests/harness/tool.ts";
import type { Program } from "./cases.ts";
import { measure } from "./measure.ts";
import { openWays, type Way } from "./ways.ts";

const MIB = 1 << 20;
/** What goes up, in bytes. */
const SIZE = 256 * MIB;
const programs = ["fairlead", "buildctl", "buildx"] as const;

/**
 * For each way to a daemon: how long a program takes to its end that asks for the daemon's workers,
 * start-up and helper included, and how fast a build context of one file goes up. The programs run by
 * turns, and what is printed are medians.
 */
export async function transports(fairlead: readonly string[], runs: number): Promise<void> {
  await using ways = await openWays();
  const context = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "fairlead-bench-" });
  try {
    await Deno.writeTextFile(`${context}/Dockerfile`, "FROM scratch\nCOPY big /\n");
    await writeRandom(`${context}/big`);
    console.log(
      `### transports (${runs} runs each): first answer in ms, ${SIZE / MIB} MiB up in MiB/s\n`,
    );
    console.log("| | first answer | | | up | | | the peers' helper |");
    console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
    console.log(`| | ${programs.join(" | ")} | ${programs.join(" | ")} | |`);
    for (const [at, way] of ways.list.entries()) {
      const commands = await commandsOf(way, `way${at}`, fairlead, context, ways.env);
      const first = await medians(commands.ask, ways.env, runs);
      const touch = () => Deno.utime(`${context}/big`, new Date(), new Date());
      const up = await medians(commands.build, ways.env, runs, touch);
      const cells = [
        ...programs.map((program) => (first[program] * 1000).toFixed(0)),
        ...programs.map((program) => (SIZE / MIB / up[program]).toFixed(0)),
      ];
      console.log(`| ${way.name} | ${cells.join(" | ")} | ${way.helper || "none"} |`);
    }
    for (const reason of ways.absent) console.log(`\nnot measured: ${reason}`);
  } finally {
    await Deno.remove(context, { recursive: true });
  }
}

type Commands = Record<Program, string[]>;

async function commandsOf(
  { endpoint, tls }: Way,
  name: string,
  fairlead: readonly string[],
  context: string,
  env: Readonly<Record<string, string>>,
): Promise<{ ask: Commands; build: Commands }> {
  const [buildctl, buildx] = [await need("buildctl"), await need("buildx")];
  const options = Object.entries(tls ?? {});
  const { success, stderr } = await new Deno.Command(buildx, {
    args: [
      ...["create", `--name=${name}`, "--driver=remote"],
      ...options.map(([key, path]) => `--driver-opt=${key}=${path}`),
      endpoint,
    ],
    env: { ...env },
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const ctl = [
    buildctl,
    `--addr=${endpoint}`,
    ...options.map(([key, path]) => `--tls${key}=${path}`),
  ];
  const build = ["build", `--builder=${name}`, "--progress=plain", context];
  return {
    ask: {
      fairlead: [...fairlead, "inspect", name],
      buildctl: [...ctl, "debug", "workers"],
      buildx: [buildx, "inspect", name],
    },
    build: {
      fairlead: [...fairlead, ...build],
      buildctl: [
        ...ctl,
        ...["build", "--progress=plain", "--frontend=dockerfile.v0"],
        ...[`--local=context=${context}`, `--local=dockerfile=${context}`],
      ],
      buildx: [buildx, ...build],
    },
  };
}

/** Median wall seconds of each program; the first round warms caches up and doesn't count. */
async function medians(
  commands: Commands,
  env: Readonly<Record<string, string>>,
  runs: number,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<Record<Program, number>> {
  const walls: Record<Program, number[]> = { fairlead: [], buildctl: [], buildx: [] };
  for (let run = -1; run < runs; run++) {
    for (const program of programs) {
      await before();
      const { wall } = await measure(commands[program], { ...env });
      if (run >= 0) walls[program].push(wall);
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return {
    fairlead: median(walls.fairlead),
    buildctl: median(walls.buildctl),
    buildx: median(walls.buildx),
  };
}

async function writeRandom(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const part = new Uint8Array(64 << 10);
  for (let left = SIZE; left > 0; left -= part.length) {
    crypto.getRandomValues(part);
    await file.write(part);
  }
}
