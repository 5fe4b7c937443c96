/**
 * Leases: what is written under one stays until it ends, though nothing names it yet. A process that
 * is killed ends none, so each tells whose it is, and the next load ends those whose process is gone;
 * without a next one they end by themselves.
 */
import { newId } from "../../../base/identity.ts";
import { LeasesDefinition as Leases } from "../../../proto/gen/containerd_leases.ts";
import type { Calls } from "./client.ts";

/** After so many milliseconds a lease ends by itself. */
const LONGEST = 24 * 3600_000;
const PROCESS = "fairlead/process";

/** Makes a lease; its id. */
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

/** A question with a small answer, by which one sees that containerd lives. */
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
 * What a process of this kernel is for ever: the kernel's start, the namespace of its number, the
 * number, and when it began. Undefined for one that is gone, and where there is no /proc.
 */
function processOf(pid: number): string | undefined {
  try {
    const boot = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
    const space = Deno.readLinkSync("/proc/self/ns/pid");
    // Behind the program's name, which may hold anything: the 22nd field (proc(5)).
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const began = stat.slice(stat.lastIndexOf(")")).split(" ")[20];
    return `${boot} ${space} ${pid} ${began}`;
  } catch {
    return undefined;
  }
}

/** A socket leads to this kernel: whose start is another one's is gone. Other namespaces aren't seen. */
function isGone(owner: string): boolean {
  const [boot, space, pid] = owner.split(" ");
  const ours = processOf(Deno.pid)?.split(" ");
  if (ours === undefined || !boot || !space || !pid) return false;
  if (boot !== ours[0]) return true;
  return space === ours[1] && processOf(Number(pid)) !== owner;
}
