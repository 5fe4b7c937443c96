import type { Sample } from "./measure.ts";

/** Medians a program, and fairlead's as ratios of the faster peer's, as a Markdown table. */
export function ratioTable(name: string, samples: ReadonlyMap<string, readonly Sample[]>): string {
  const rows = [...samples].map(([program, runs]) => ({
    program,
    wall: median(runs.map(({ wall }) => wall)),
    cpu: median(runs.map(({ cpu }) => cpu)),
    memory: median(runs.map(({ memory }) => memory)),
    best: Math.min(...runs.map(({ wall }) => wall)),
    worst: Math.max(...runs.map(({ wall }) => wall)),
    runs: runs.length,
  }));
  const ours = rows.find(({ program }) => program === "fairlead");
  const peers = rows.filter(({ program }) => program !== "fairlead");
  const lines = [
    `### ${name} (${rows[0]?.runs ?? 0} runs each)`,
    "| | wall (min–max) | client CPU | peak memory |",
    "| --- | --- | --- | --- |",
  ];
  for (const row of rows) {
    const range = `${seconds(row.best)}–${seconds(row.worst)}`;
    lines.push(
      `| ${row.program} | ${seconds(row.wall)} (${range}) | ${seconds(row.cpu)} | ${
        mib(row.memory)
      } |`,
    );
  }
  if (ours && peers.length > 0) {
    const ratio = (key: "wall" | "cpu" | "memory") =>
      (ours[key] / Math.min(...peers.map((peer) => peer[key]))).toFixed(2);
    lines.push(
      `| **ratio to the better peer** | **${ratio("wall")}** | **${ratio("cpu")}** | ${
        ratio("memory")
      } |`,
    );
  }
  return lines.join("\n") + "\n";
}

/** The median. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function seconds(value: number): string {
  return value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(2)} s`;
}

function mib(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(0)} MiB`;
}
