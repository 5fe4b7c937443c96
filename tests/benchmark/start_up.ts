// deno-lint-ignore-file no-console
import { type Bench, cases } from "./cases.ts";
import { median } from "./table.ts";

/** Prints the milliseconds of each phase of a cached build, as medians. */
export async function startUp(bench: Bench, runs: number): Promise<void> {
  const setUp = await cases["cached"]!(bench);
  const phases = new Map<string, number[]>();
  try {
    for (let run = -1; run < runs; run++) {
      await setUp.before("fairlead");
      const started = performance.timeOrigin + performance.now();
      const { success, stderr } = await new Deno.Command(setUp.commands.fairlead[0]!, {
        args: setUp.commands.fairlead.slice(1),
        env: { ...setUp.env, FAIRLEAD_PHASES: "1" },
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).output();
      const ended = performance.timeOrigin + performance.now();
      const text = new TextDecoder().decode(stderr);
      if (!success) throw new Error(text);
      if (run < 0) continue;
      const line = text.split("\n").find((line) => line.startsWith("phases: "));
      const marks: [string, number][] = JSON.parse(line?.slice("phases: ".length) ?? "[]");
      let last = started;
      for (const [name, at] of [...marks, ["exit", ended] as [string, number]]) {
        phases.set(name, [...phases.get(name) ?? [], at - last]);
        last = at;
      }
      phases.set("total", [...phases.get("total") ?? [], ended - started]);
    }
  } finally {
    await setUp.end();
  }
  console.log("### start-up of a cached build, milliseconds until each phase is over");
  for (const [name, values] of phases) {
    console.log(`${name.padEnd(24)} ${median(values).toFixed(1).padStart(7)}`);
  }
}
