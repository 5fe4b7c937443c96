// deno-lint-ignore-file no-console
/**
 * Compares fairlead with buildctl and buildx, on one daemon, in one run: `scripts/bench [CASE…]`.
 *
 * Prints wall time, client CPU and peak memory of each program as medians of interleaved runs, and
 * fairlead's share of the faster peer's. This is never a test: a busy machine fails no build.
 * `scripts/bench transports` compares the ways to a daemon instead: time to first answer, and
 * upload. `scripts/bench far` compares a long and narrow link: with `--quick` only where there are
 * targets, with `--priority` as if nobody else used the machine, and with `--least` by least values
 * instead of medians. `--way=kube` measures only the ways with that text in their names. `--binary`
 * measures the self-extracting binary instead of the bundle inside it. `--runs=N` sets the number
 * of runs. `--folder=DIR` is the place of contexts, outputs and the store of builders, by default
 * /dev/shm: on a disk, a program waits for its fsyncs, as on any workstation. `scripts/bench
 * start-up` prints the milliseconds of each phase of a cached build instead. `debug` compares the
 * debug adapters, for a client without pauses and for an editor. `policy` prints the CPU time of
 * decisions inside one process, too.
 */
import { cases, type Program } from "./cases.ts";
import { measure, type Sample } from "./measure.ts";
import { debug } from "./debug.ts";
import { far } from "./far.ts";
import { ratioTable } from "./table.ts";
import { transports } from "./transports.ts";
import { startUp } from "./start_up.ts";
import { inOwnProcess } from "./policy.ts";
import { binary, bundle } from "./bundle.ts";
import { startDaemon } from "./daemon.ts";

const names = Deno.args.filter((arg) => !arg.startsWith("-"));
const runs = Number(Deno.args.find((arg) => arg.startsWith("--runs="))?.slice(7) ?? 7);
const known = [...Object.keys(cases), "debug", "far", "start-up", "transports"];
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`no case ${JSON.stringify(unknown)}: there are ${known.join(", ")}`);
  Deno.exit(2);
}
const flag = Deno.args.find((arg) =>
  /^-(?!-(?:runs=[1-9]\d*|way=.+|folder=.+|binary|quick|priority|least)$)/.test(arg)
);
if (flag !== undefined) {
  console.error(
    `scripts/bench [CASE…] [--runs=N] [--binary] [--folder=DIR] [--way=NAME] [--quick] [--priority] [--least]; cases: ${
      known.join(", ")
    }`,
  );
  Deno.exit(flag === "--help" ? 0 : 2);
}

const unpacked = await Deno.makeTempDir({ prefix: "fairlead-bench-" });
const fairlead = Deno.args.includes("--binary") ? await binary(unpacked) : await bundle();
const way = Deno.args.find((arg) => arg.startsWith("--way="))?.slice(6);
const [quick = false, priority = false, least = false] = ["--quick", "--priority", "--least"]
  .map((word) => Deno.args.includes(word));
const folder = Deno.args.find((arg) => arg.startsWith("--folder="))?.slice(9) ?? "/dev/shm";
if (names.includes("transports")) await transports(fairlead, runs, way);
if (names.includes("far")) {
  await far({ fairlead, runs, folder, quick, priority, least, only: way ?? "" });
}
if (names.includes("debug")) await debug(fairlead, runs, { priority, least });
if (names.length > 0 && names.every((name) => ["debug", "far", "transports"].includes(name))) {
  Deno.exit(0);
}
if (names.includes("policy")) await inOwnProcess();
const daemon = await startDaemon();
try {
  if (names.includes("start-up")) await startUp({ fairlead, daemon, folder }, runs);
  for (const [name, prepare] of Object.entries(cases)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const setUp = await prepare({ fairlead, daemon, folder });
    const samples = new Map<Program, Sample[]>();
    try {
      for (let run = -1; run < runs; run++) {
        for (const [program, command] of Object.entries(setUp.commands) as [Program, string[]][]) {
          await setUp.before(program);
          const sample = await measure(command, setUp.env);
          // The first run fills the daemon's cache and ours.
          if (run >= 0) samples.set(program, [...samples.get(program) ?? [], sample]);
        }
      }
    } finally {
      await setUp.end();
    }
    console.log(ratioTable(name, samples));
  }
} finally {
  await daemon.stop();
  await Deno.remove(unpacked, { recursive: true });
}
