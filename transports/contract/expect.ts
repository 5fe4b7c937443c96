/** Helpers of the contract's cases, which also run outside tests: without an assertion library. */
import { abortable } from "../../base/async.ts";
import { readUpTo } from "../../base/bytes.ts";
import type { ByteStream } from "../byte_stream.ts";

/** The time limit of everything except transfers, in milliseconds. */
export const PATIENCE = 5000;

/** Throws when the condition doesn't hold. */
export function expect(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem);
}

/** The promise's result, or after `ms` milliseconds an error that names `what`. */
export async function soon<T>(promise: Promise<T>, what: string, ms = PATIENCE): Promise<T> {
  const signal = AbortSignal.timeout(ms);
  return await abortable(promise, signal).catch((error) => {
    throw error === signal.reason ? new Error(`${what} did not come within ${ms / 1000} s`) : error;
  });
}

/** Reads exactly `count` bytes. */
export async function readExactly(stream: ByteStream, count: number): Promise<Uint8Array> {
  const bytes = await readUpTo(stream, count);
  expect(bytes.length === count, `the stream ended ${count - bytes.length} bytes early`);
  return bytes;
}

/** Reads until the far side ends; rejects when the stream breaks. */
export async function readToEnd(stream: ByteStream): Promise<void> {
  const buffer = new Uint8Array(64 << 10);
  while (await stream.read(buffer) !== null);
}
