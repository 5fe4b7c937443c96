/**
 * Leases keep written blobs until the lease ends, even if no image names them yet. A killed process
 * ends no lease, so each lease names its process. The next load ends the leases of processes that
 * are gone; without a next load they expire.
 */
import { newId } from "../../../base/identity.ts";
import { LeasesDefinition as Leases } from "../../../proto/gen/containerd_leases.ts";
import type { Calls } from "./client.ts";

/** A lease expires after so many milliseconds. */
const LONGEST = 24 * 3600_000;
const PROCESS = "fairlead/process";

/** Makes a lease, and gives its id. */
export async function createLease(calls: Calls): Promise<string> {
  await endOrphans(calls).catch(() => {});
  const { channel, metadata, signal } = calls;
  const expire = new Date(Date.now() + LONGEST).toISOString();
  const owner = processOf(Deno.pid);
  const request = {
    id: `fairlead-${newId()}`,
    labels: { "containerd.io/gc.expire": expire, ...owner !== undefined && { [PROCESS]: owner } },
  };
  await channel.unary(Leases, Leases.methods.create, request, { metadata, signal });
  return request.id;
}

export async function deleteLease({ channel, metadata }: Calls, id: string): Promise<void> {
  const request = { id, sync: false };
  await channel.unary(Leases, Leases.methods.delete, request, { metadata });
}

/** A call with a small answer that shows whether containerd is alive. */
export async function askLeases({ channel, metadata, signal }: Calls): Promise<void> {
  const request = { filters: ["id==none"] };
  await channel.unary(Leases, Leases.methods.list, request, { metadata, signal });
}

async function endOrphans(calls: Calls): Promise<void> {
  const { channel, metadata, signal } = calls;
  const request = { filters: [`labels."${PROCESS}"`] };
  const answer = await channel.unary(Leases, Leases.methods.list, request, { metadata, signal });
  for (const { id, labels } of answer.leases) {
    if (isGone(labels[PROCESS] ?? "")) await deleteLease(calls, id);
  }
}

/**
 * Identifies a process uniquely, also after a restart: the kernel's boot id, the namespace of its
 * pid, the pid, and its start time. Undefined for a process that is gone, and without /proc.
 */
function processOf(pid: number): string | undefined {
  try {
    const boot = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
    const space = Deno.readLinkSync("/proc/self/ns/pid");
    // The start time is the 22nd field (proc(5)), after the program's name, which may hold
    // anything.
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const began = stat.slice(stat.lastIndexOf(")")).split(" ")[20];
    return `${boot} ${space} ${pid} ${began}`;
  } catch {
    return undefined;
  }
}

/**
 * A different boot id means that the process is gone. Processes of other namespaces can't be seen.
 */
function isGone(owner: string): boolean {
  const [boot, space, pid] = owner.split(" ");
  const ours = processOf(Deno.pid)?.split(" ");
  if (ours === undefined || !boot || !space || !pid) return false;
  if (boot !== ours[0]) return true;
  return space === ours[1] && processOf(Number(pid)) !== owner;
}
