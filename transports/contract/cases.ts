/** The contract of a byte stream: each transport passes these cases, whatever the far side is. */
import type { ByteStream } from "../byte_stream.ts";
import { expect, PATIENCE, readToEnd, soon } from "./expect.ts";
import type { ContractCase, FarSide } from "./far_side.ts";

/** How soon a call ends after an abort or a close on this side, in milliseconds. */
const AT_ONCE = 3000;

/** The cases by name. */
export const contractCases: Readonly<Record<string, ContractCase>> = {
  "writes of one byte": (far) =>
    far.exchange(() =>
      changed(far, ({ write }) => ({ write: (from) => write(from.subarray(0, 1)) }))
    ),

  "reads of one byte": (far) =>
    far.exchange(() => changed(far, ({ read }) => ({ read: (into) => read(into.subarray(0, 1)) }))),

  "half-closed on this side": async (far) => {
    const stream = await far.greeted();
    const closing = soon(stream.closeWrite(), "the half-close");
    await soon(readToEnd(stream), "the far side's end");
    expect(await soon(stream.read(new Uint8Array(1)), "a second end") === null, "the end passed");
    await closing;
    stream.close();
  },

  "ended by the far side": async (far) => {
    const stream = await far.ending();
    await soon(endOrBreak(stream), "the far side's end");
    stream.close();
  },

  "reset by the far side": async (far) => {
    const stream = await far.resetting();
    const bytes = new Uint8Array(64 << 10).fill(0x58);
    const writing = (async () => {
      for (;;) await stream.write(bytes);
    })().catch(() => {});
    const reading = endOrBreak(stream);
    await soon(writing, "the failure of a write to a far side that is gone");
    await soon(reading, "the far side's end");
    stream.close();
  },

  "closed while reading": async (far) => {
    const stream = await far.greeted();
    const reading = stream.read(new Uint8Array(1));
    stream.close();
    await fails(reading, "a read");
    stream.close();
    await fails(stream.read(new Uint8Array(1)), "a read after the close");
    await fails(stream.write(new Uint8Array(1)), "a write after the close");
  },

  "aborted before the dial": async (far) => {
    const reason = new Error("aborted before the dial");
    expect(await outcome(far, AbortSignal.abort(reason)) === reason, "the dial went on");
  },

  "aborted while dialling": async (far) => {
    for (const ms of [undefined, 0, 1, 5, 20]) {
      const reason = new Error("aborted while dialling");
      const controller = new AbortController();
      const dialling = outcome(far, controller.signal);
      if (ms !== undefined) await new Promise((resolve) => setTimeout(resolve, ms));
      controller.abort(reason);
      const result = await dialling;
      // A dial in the turn of the abort always fails. Later, a fast dial may have succeeded.
      expect(result === reason || ms !== undefined, `the dial went on: ${result}`);
      if (result instanceof Error && result !== reason) throw result;
    }
  },

  "50 connections at once": async (far) => {
    const limit = PATIENCE * 12;
    const exchanges = Array.from({ length: 50 }, () => far.exchange(() => far.dial(), limit));
    await soon(Promise.all(exchanges), "the end of 50 exchanges", limit);
  },
};

/** Opens a connection, and replaces some of its stream's methods. */
async function changed(far: FarSide, change: (stream: ByteStream) => Partial<ByteStream>) {
  const connection = await far.dial();
  const { stream } = connection;
  const methods: ByteStream = {
    read: (into) => stream.read(into),
    write: (from) => stream.write(from),
    closeWrite: () => stream.closeWrite(),
    close: () => stream.close(),
  };
  return { ...connection, stream: { ...methods, ...change(methods) } };
}

/** The error of a dial; undefined when the dial succeeded, and its connection is closed. */
async function outcome(far: FarSide, signal: AbortSignal): Promise<Error | undefined> {
  const dialled = far.dial(signal).then(
    ({ stream }) => stream.close(),
    (error: Error) => error,
  );
  return await soon(dialled, "the end of a dial that was aborted", AT_ONCE) ?? undefined;
}

/** Throws unless the call rejects at once. */
async function fails(call: Promise<unknown>, what: string): Promise<void> {
  const ended = call.then(() => false, () => true);
  expect(await soon(ended, `the end of ${what}`, AT_ONCE), `${what} succeeded on a closed stream`);
}

/** Reads to the end, which may be an error. */
async function endOrBreak(stream: ByteStream): Promise<void> {
  await readToEnd(stream).catch(() => {});
}
