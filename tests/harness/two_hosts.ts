/**
 * Two network namespaces with a cable between them, each like a host with one network card: for
 * networks that swallow packets, which a proxy can't be (a proxy's TCP answers for itself).
 */
import { check, run } from "./run.ts";
import { onPath } from "./tool.ts";

export interface TwoHosts extends AsyncDisposable {
  /** A namespace's name, and the address of the end that is in it. */
  readonly near: Host;
  readonly far: Host;
  /** While on, packets to and from the far host are dropped without an error. */
  drop(on: boolean): Promise<void>;
}

export interface Host {
  readonly address: string;
  /** Before a program and its arguments, to run it there. */
  readonly enter: readonly string[];
}

/** The reason why two hosts can't run here; undefined where they can. */
export async function noTwoHosts(): Promise<string | undefined> {
  for (const program of ["ip", "iptables", "nsenter"]) {
    if (await onPath(program) === undefined) return `${program} is not installed`;
  }
  const name = `fl${Deno.pid}x`;
  const made = await run("ip", ["netns", "add", name]);
  if (made.code !== 0) return `network namespaces can't be made here: ${made.stderr.trim()}`;
  const ruled = await run("nsenter", [
    `--net=/run/netns/${name}`,
    ...["iptables", "-A", "INPUT", "-i", "lo", "-j", "DROP"],
  ]);
  await run("ip", ["netns", "del", name]);
  return ruled.code === 0 ? undefined : `iptables has no effect here: ${ruled.stderr.trim()}`;
}

export async function twoHosts(): Promise<TwoHosts> {
  const id = crypto.randomUUID().slice(0, 6);
  const host = (side: string, last: number): Host & { readonly name: string } => ({
    name: `fl-${id}-${side}`,
    address: `10.219.77.${last}`,
    // Not `ip netns exec`, which mounts another /sys and so hides the cgroups from a daemon.
    enter: ["nsenter", `--net=/run/netns/fl-${id}-${side}`],
  });
  const near = host("near", 1);
  const far = host("far", 2);
  const sides = [near, far];
  const remove = async () => {
    for (const { name } of sides) await run("ip", ["netns", "del", name]);
  };
  const inside = (side: Host, ...command: string[]) => {
    const [program, ...args] = [...side.enter, ...command];
    return check(program!, args);
  };
  try {
    for (const { name } of sides) await check("ip", ["netns", "add", name]);
    const ends = sides.map((_, i) => `fl${id}${i}`);
    await check("ip", ["link", "add", ends[0]!, "type", "veth", "peer", "name", ends[1]!]);
    for (const [i, side] of sides.entries()) {
      await check("ip", ["link", "set", ends[i]!, "netns", side.name]);
      await inside(side, "ip", "addr", "add", `${side.address}/30`, "dev", ends[i]!);
      await inside(side, "ip", "link", "set", ends[i]!, "up");
      await inside(side, "ip", "link", "set", "lo", "up");
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    near,
    far,
    async drop(on) {
      const end = `fl${id}1`;
      for (const [chain, flag] of [["INPUT", "-i"], ["OUTPUT", "-o"]] as const) {
        await inside(far, "iptables", on ? "-A" : "-D", chain, flag, end, "-j", "DROP");
      }
    },
    [Symbol.asyncDispose]: remove,
  };
}
