/** Finds the processes that a transport has started, by `/proc`, so only on Linux. */
import { expect, PATIENCE } from "../../../transports/contract/expect.ts";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

function processes(): Process[] {
  if (Deno.build.os !== "linux") return [];
  const found: Process[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      // The second field is the program's name in brackets, which may hold anything.
      const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") continue;
      found.push({ pid: Number(name), parent: Number(parent), group: Number(group) });
    } catch {
      // The process has ended meanwhile.
    }
  }
  return found;
}

/** The process groups that our children lead. */
function childGroups(): number[] {
  return processes().filter(({ pid, parent, group }) => parent === Deno.pid && group === pid)
    .map(({ group }) => group);
}

/** Waits until these groups have no process; throws after `PATIENCE` milliseconds. */
export async function groupsGone(groups: readonly number[]): Promise<void> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const left = processes().filter(({ group }) => groups.includes(group));
    if (left.length === 0) return;
    const pids = left.map(({ pid }) => pid).join(", ");
    expect(performance.now() < end, `processes still run after ${PATIENCE / 1000} s: ${pids}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Runs a case. Throws if a process that it started is left `PATIENCE` milliseconds after its end.
 */
export async function noProcessLeft<T>(run: () => Promise<T>): Promise<T> {
  const before = childGroups();
  const result = await run();
  await groupsGone(childGroups().filter((group) => !before.includes(group)));
  return result;
}
