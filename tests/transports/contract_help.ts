import assert from "node:assert/strict";
import { ownProcess } from "../../transports/tls/roots.ts";
import type { ByteStream } from "../../transports/byte_stream.ts";
import type { DialContext } from "../../transports/transport.ts";

/**
 * The runtime's TLS needs a process of its own, because its settings hold for all test files in the
 * process. `tls_own_test.ts` starts such processes; in all others, node's TLS does the work.
 */
export function ownProcessIfAsked(): void {
  if (Deno.env.get("FAIRLEAD_OWN_PROCESS")) ownProcess(Deno.env);
}

/** A context of a dial that logs nothing. */
export function context(signal = new AbortController().signal): DialContext {
  return { signal, env: (name) => Deno.env.get(name), log: () => {}, step: () => {} };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Reads to the end, as text; `size` bytes at a time. */
export async function readText(stream: Pick<ByteStream, "read">, size = 64 << 10): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(size);
  let text = "";
  for (let count; (count = await stream.read(buffer)) !== null;) {
    assert(count > 0, "a read of no bytes");
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text;
}

/**
 * Runs it, and expects as many open files after as before. Some close a moment later: a server of
 * the test's own, in front of a cluster, keeps a connection until the cluster has ended its side.
 */
export async function noLeaks(run: () => Promise<unknown>): Promise<void> {
  const closed = filesClosed();
  await run();
  await closed();
}

/** Returns a function that waits until no more files are open than now. */
export function filesClosed(): () => Promise<void> {
  const before = openFiles();
  return async () => {
    for (let wait = 1; openFiles().length > before.length; wait *= 2) {
      assert(wait < 16_000, `files are left open: ${openFiles()}; before: ${before}`);
      await sleep(wait);
    }
  };
}

/**
 * The kinds of the open files of this test file alone. `deno test --parallel` runs files as threads
 * of one process, so /proc/self/fd lists the files of all. The table is internal to Deno; its
 * sanitizers use it.
 */
function openFiles(): string[] {
  // deno-lint-ignore no-explicit-any
  const { core } = (Deno as any)[(Deno as any).internal] as {
    core: { resources(): Record<string, string> };
  };
  // ssh2 leaves its ciphers to the garbage collector; nothing of the system is behind them.
  return Object.values(core.resources()).filter((name) => !name.startsWith("crypto"));
}
