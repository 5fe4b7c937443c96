/**
 * Runs one attack of a hostile peer through the whole program: dial, TLS or upgrade, HTTP/2 and a
 * first call. The attack must end in time, with a readable error, and within a memory limit.
 */
import assert from "node:assert/strict";
import { connect } from "../../buildkit/connect.ts";
import { ConnectionLost } from "../../buildkit/connection_lost.ts";
import { RpcError } from "../../buildkit/grpc/status.ts";
import { transports } from "../../transports/all.ts";
import { DialError } from "../../transports/errors.ts";
import { createRegistry } from "../../transports/registry.ts";
import { soon } from "../../transports/contract/expect.ts";
import { context } from "../transports/contract_help.ts";

const registry = createRegistry(transports);

/** The time limit of a dial, in milliseconds. The program's own limit is 20 s. */
const BUDGET_MS = 1000;
/** The time limit of a whole attack, including the calls after the dial, in milliseconds. */
const LIMIT_MS = 20_000;
/** How much more memory the process may hold than before, in bytes. */
const MEMORY = 192 << 20;
/** Texts that show a bug of ours. */
const BUG =
  /TypeError|RangeError|SyntaxError: |undefined|\[object|is not a function|is not iterable|Cannot read|Maximum call stack|Offset is outside|null \(reading/;

export interface Attack {
  readonly title: string;
  readonly endpoint: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The expected text of the error; by default any clear error will do. */
  readonly expected?: RegExp;
}

/** Fails unless the attack is refused. */
export async function attacked({ title, endpoint, env = {}, expected }: Attack) {
  const before = memoryHeld();
  let peak = before;
  const sample = setInterval(() => peak = Math.max(peak, memoryHeld()), 20);
  const stop = new AbortController();
  const late = Symbol();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), LIMIT_MS);
  });
  // A certain error needs time to come, however busy the machine is.
  const ms = expected === undefined ? BUDGET_MS : LIMIT_MS - 2000;
  const outcome = ask(endpoint, env, stop.signal, ms);
  try {
    const ended = await Promise.race([outcome, limit]);
    if (ended === late) {
      assert.fail(`${title}: it did not end within ${LIMIT_MS} ms`);
    }
    if (ended === undefined) {
      assert.fail(`${title}: the daemon was reached`);
    }
    const text = `${ended.message}; ${(ended as DialError).hint ?? ""}`;
    const isClear = (ended instanceof DialError || ended instanceof ConnectionLost ||
      ended instanceof RpcError) && !BUG.test(text);
    if (!isClear) {
      assert.fail(`${title}: no clear error: ${ended.stack}`);
    }
    if (expected !== undefined) assert.match(text, expected, `${title}: ${text}`);
    const grown = peak - before;
    if (grown > MEMORY) {
      assert.fail(`${title}: it took ${grown >> 20} MiB`);
    }
  } finally {
    clearTimeout(timer);
    clearInterval(sample);
    stop.abort();
  }
}

/** Fails unless a dial that hangs ends as soon as its signal says so. */
export async function abortable({ title, endpoint, env = {} }: Attack) {
  const stop = new AbortController();
  const reason = new Error("stopped");
  const pending = registry.find(endpoint);
  const dialling = pending.dial(pending.parse(endpoint), {
    ...context(stop.signal),
    env: (name) => env[name],
  });
  dialling.then(({ stream }) => stream.close(), () => {});
  await new Promise((resolve) => setTimeout(resolve, 300));
  stop.abort(reason);
  await soon(dialling.then(() => {}, () => {}), `${title}: the end after the abort`, 10_000);
}

/**
 * The memory that the code of this test holds, in bytes. The process's own size would count the
 * tests that run in other threads at the same time.
 */
export function memoryHeld(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Returns the error of the dial or of a first call; undefined where both succeed. */
async function ask(
  endpoint: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  ms: number,
): Promise<Error | undefined> {
  try {
    const client = await connect({
      registry,
      endpoint,
      tls: {},
      context: { ...context(signal), env: (name) => env[name] },
      budget: { ms },
    });
    try {
      await client.info({ signal: AbortSignal.any([signal, AbortSignal.timeout(ms + 2000)]) });
    } finally {
      await client.close();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Runs all of them, some at a time, and fails with the texts of all that failed. */
export async function campaign<T>(
  attacks: readonly T[],
  run: (attack: T) => Promise<void>,
  width = 8,
): Promise<void> {
  const left = [...attacks];
  const failures: string[] = [];
  const work = async () => {
    for (let attack; (attack = left.shift()) !== undefined;) {
      await run(attack).catch((error: Error) => failures.push(error.message));
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  assert.equal(failures.length, 0, failures.join("\n\n"));
}
