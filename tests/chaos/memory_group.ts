/** A control group with a limit on memory, of version 1 or 2, whichever this machine has. */

/** The group, and the script that puts a shell into it. */
export interface MemoryGroup extends Disposable {
  readonly join: string;
}

const roots = [
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes" },
  { root: "/sys/fs/cgroup", limit: "memory.max" },
];

/** Makes a group; undefined where this machine lets nobody make one. @param bytes the limit */
export function memoryGroup(bytes: number): MemoryGroup | undefined {
  for (const { root, limit } of roots) {
    const folder = `${root}/fl-chaos-${crypto.randomUUID()}`;
    try {
      Deno.mkdirSync(folder);
    } catch {
      continue;
    }
    const group = {
      join: `echo $$ > ${folder}/cgroup.procs && `,
      // A group with a process stays: its processes have ended by then.
      [Symbol.dispose]: () => Deno.removeSync(folder),
    };
    try {
      Deno.writeTextFileSync(`${folder}/${limit}`, String(bytes));
      return group;
    } catch {
      group[Symbol.dispose]();
    }
  }
  return undefined;
}
