import process from "node:process";

/** The CPU time of this process so far, in milliseconds: user and system, all threads. */
export function cpuUsage(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
