// deno-lint-ignore-file no-console
/**
 * Compares fairlead with its peers far away from the daemon: `scripts/bench far`. The programs run
 * by turns through a proxy that delays and limits both directions (`far_proxy.go`).
 */
import type { Program } from "./cases.ts";
import {
  type FarCase,
  type FarCaseName,
  farCaseNames,
  farCases,
  farPrograms,
} from "./far_cases.ts";
import type { Counts, Shape } from "./far_link.ts";
import { type FarWay, type FarWays, openFarWays } from "./far_ways.ts";
import { measure } from "./measure.ts";
import { median } from "./table.ts";

export interface FarOptions {
  readonly fairlead: readonly string[];
  readonly runs: number;
  readonly folder: string;
  /** Only the rows that have a target. */
  readonly quick: boolean;
  /** The programs and the proxy run with priority, as on a machine that nobody else uses. */
  readonly priority: boolean;
  /** A part of the titles of the wanted rows; empty for all. */
  readonly only: string;
  /** Least values instead of medians: on a busy machine, others disturb them least. */
  readonly least: boolean;
}

interface Row extends Shape {
  readonly name: FarCaseName;
  readonly way: FarWay["name"];
}

/** Rows that are compared with a target. */
const TARGETS: readonly Row[] = [
  { name: "first", way: "tcp", rttMs: 20, mbit: 100 },
  { name: "first", way: "tls", rttMs: 20, mbit: 100 },
  { name: "first", way: "ssh", rttMs: 20, mbit: 100 },
  { name: "first", way: "kube-pod", rttMs: 20, mbit: 100 },
  { name: "ls", way: "tcp", rttMs: 20, mbit: 100 },
  { name: "ls", way: "tls", rttMs: 20, mbit: 100 },
  { name: "ls", way: "ssh", rttMs: 20, mbit: 100 },
  { name: "ls", way: "kube-pod", rttMs: 20, mbit: 100 },
  { name: "cached", way: "tcp", rttMs: 20, mbit: 100 },
  { name: "cached", way: "tcp", rttMs: 40, mbit: 100 },
  { name: "cached", way: "tcp", rttMs: 100, mbit: 100 },
  { name: "cached", way: "tls", rttMs: 20, mbit: 100 },
  { name: "cached", way: "ssh", rttMs: 20, mbit: 100 },
  { name: "cached", way: "kube-pod", rttMs: 20, mbit: 100 },
  { name: "changed", way: "tcp", rttMs: 100, mbit: 100 },
  { name: "changed", way: "tls", rttMs: 100, mbit: 100 },
  { name: "changed", way: "ssh", rttMs: 100, mbit: 100 },
  { name: "changed", way: "kube-pod", rttMs: 100, mbit: 100 },
  { name: "sources", way: "tcp", rttMs: 40, mbit: 10 },
  { name: "sources", way: "tcp", rttMs: 40, mbit: 50 },
  { name: "sources", way: "tcp", rttMs: 40, mbit: 1000 },
  { name: "compression", way: "tcp", rttMs: 0, mbit: 0 },
  { name: "compression", way: "tcp", rttMs: 5, mbit: 1000 },
  { name: "compression", way: "tcp", rttMs: 40, mbit: 1000 },
  { name: "noise", way: "tcp", rttMs: 100, mbit: 100 },
  { name: "noise", way: "tcp", rttMs: 200, mbit: 1000 },
  { name: "tar", way: "tcp", rttMs: 200, mbit: 1000 },
  { name: "local", way: "tcp", rttMs: 40, mbit: 100 },
  { name: "load", way: "tcp", rttMs: 20, mbit: 100 },
  { name: "bake", way: "tcp", rttMs: 100, mbit: 100 },
];

/** Cases that move so few bytes that the link's width doesn't matter. */
const NARROW: readonly FarCaseName[] = ["first", "ls", "cached"];

function allRows(): Row[] {
  const rows: Row[] = [];
  for (const name of farCaseNames) {
    for (const way of ["tcp", "tls", "ssh", "kube-pod"] as const) {
      for (const rttMs of [5, 20, 100]) {
        for (const mbit of NARROW.includes(name) ? [100] : [10, 100, 1000]) {
          rows.push({ name, way, rttMs, mbit });
        }
      }
    }
  }
  return rows;
}

function titleOf({ name, way, rttMs, mbit }: Row): string {
  return `${name}, ${way}, ${rttMs} ms, ${mbit === 0 ? "no limit" : `${mbit} Mbit/s`}`;
}

const programs = ["fairlead", "buildctl", "buildx"] as const;

interface Medians extends Counts {
  readonly wall: number;
}

export async function far(options: FarOptions): Promise<void> {
  const { fairlead, runs, folder, quick, only } = options;
  const before = options.priority ? ["chrt", "-r", "5"] : [];
  const rows = (quick ? TARGETS : allRows()).filter((row) => titleOf(row).includes(only));
  await using ways = await openFarWays(folder, new Set(rows.map(({ way }) => way)), before);
  const making = farCases({ ways, programs: await farPrograms(fairlead, before) });
  await printProofs(ways, rows);
  console.log(`### far (${runs} runs each): seconds, MB up and down, round trips\n`);
  console.log(
    "| work, way, round trip, width | fairlead | buildctl | buildx | ratio | the link alone | up | | | down | | | round trips | | |",
  );
  console.log(`|${" --- |".repeat(15)}`);
  for (const row of rows) {
    const way = ways.list.find(({ name }) => name === row.way);
    if (way !== undefined) {
      console.log(await measured(row, way, await making(row.name), ways, options));
    }
  }
  const absent = new Set(rows.map(({ way }) => way));
  for (const { name } of ways.list) absent.delete(name);
  for (const name of absent) console.log(`\nnot measured: ${name}, which this machine can't run`);
}

/** Shows that the proxy is no limit: bytes alone pass as fast as the link is. */
async function printProofs({ link }: FarWays, rows: readonly Row[]): Promise<void> {
  const shapes = new Map<string, Shape>([["no limit", { rttMs: 0, mbit: 0 }]]);
  for (const { rttMs, mbit } of rows) {
    if (mbit > 0) shapes.set(`${rttMs} ms, ${mbit} Mbit/s`, { rttMs, mbit });
  }
  const proofs: string[] = [];
  for (const [title, shape] of shapes) {
    await link.set(shape);
    proofs.push(`${title}: ${(await link.prove()).toFixed(0)}`);
  }
  console.log(`The proxy alone passes, in Mbit/s: ${proofs.join("; ")}.\n`);
}

async function measured(
  row: Row,
  way: FarWay,
  work: FarCase,
  { link, env }: FarWays,
  { runs, least }: FarOptions,
): Promise<string> {
  const samples: Partial<Record<Program, Medians[]>> = {};
  const commands = work.commands(way);
  for (let run = -1; run < runs; run++) {
    for (const program of programs) {
      const command = commands[program];
      if (command === undefined) continue;
      await work.before(program);
      // The first run fills caches, and needs no link.
      await link.set(run < 0 ? { rttMs: 0, mbit: 0 } : row);
      const { wall } = await measure(command, { ...env });
      if (run >= 0) (samples[program] ??= []).push({ wall, ...await link.count() });
    }
  }
  const of = (program: Program, key: keyof Medians): number | undefined => {
    const values = samples[program]?.map((sample) => sample[key]);
    if (values === undefined) return undefined;
    return least ? Math.min(...values) : median(values);
  };
  const cells = (key: keyof Medians, text: (value: number) => string) =>
    programs.map((program) => {
      const value = of(program, key);
      return value === undefined ? "" : text(value);
    });
  const peers = [of("buildctl", "wall"), of("buildx", "wall")].filter((wall) => wall !== undefined);
  const ratio = of("fairlead", "wall")! / Math.min(...peers);
  const alone = work.payload === undefined ? "" : (work.payload * 8 / 1e6 / row.mbit).toFixed(2);
  const seconds = (value: number) => value.toFixed(2);
  const megabytes = (value: number) => (value / 1e6).toFixed(value < 1e6 ? 3 : 1);
  return `| ${
    [
      titleOf(row),
      ...cells("wall", seconds),
      `**${ratio.toFixed(2)}**`,
      alone,
      ...cells("up", megabytes),
      ...cells("down", megabytes),
      ...cells("roundTrips", (value) => value.toFixed(1)),
    ].join(" | ")
  } |`;
}
