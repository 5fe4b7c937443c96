import assert from "node:assert/strict";

/**
 * Resolves when a program started from this checkout listens to signals, a tenth of a second after
 * its start (`cli/signals.ts`), or has ended. Linux shows it: once the guard listens, it ignores
 * SIGUSR1.
 */
export async function untilListening(pid: number): Promise<void> {
  const SIGUSR1 = 1n << 9n;
  for (let tries = 0;; tries++) {
    const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => undefined);
    if (status === undefined) return;
    const ignored = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
    if ((ignored & SIGUSR1) !== 0n) return;
    assert(tries < 1000, `process ${pid} doesn't listen to signals`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
