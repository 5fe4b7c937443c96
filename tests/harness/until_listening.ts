/**
 * Resolves when a program started from this checkout listens to signals: a tenth of a second after its
 * start, as `cli/signals.ts` says. Linux shows it: the guard ignores SIGUSR1 just before.
 */
export async function untilListening(pid: number): Promise<void> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const SIGUSR1 = 1n << 9n;
  for (let tries = 0; tries < 1000; tries++) {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const ignored = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
    if ((ignored & SIGUSR1) !== 0n) break;
    await pause(10);
  }
  await pause(100);
}
