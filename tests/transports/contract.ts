/**
 * The tests that every transport must pass: the contract's cases, which the conformance kit runs
 * over a real daemon, and more that need a peer at the far side. One call registers them:
 *
 *     contract("tcp", { dial, start: startPeerBehindIt, hang, dead: [["tcp://127.0.0.1:1", /refused/]] });
 *
 * The peer is `peer.ts`, at the place that the fixture chooses. Each case ends with as many open
 * files as it began with.
 */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import type { Connection, DialContext } from "../../transports/transport.ts";
import { contractCases } from "../../transports/contract/cases.ts";
import type { FarSide } from "../../transports/contract/far_side.ts";
import { peerCases } from "./contract_peer.ts";
import type { ByteStream } from "../../transports/byte_stream.ts";
import { readExactly, soon } from "../../transports/contract/expect.ts";
import { writeAll } from "../../base/bytes.ts";
import { context, noLeaks, sleep } from "./contract_help.ts";

/** A transport as the suite sees it. */
export interface Subject {
  dial(endpoint: string, context: DialContext): Promise<Connection>;
  /** Puts `peer.ts` behind an endpoint. */
  start(): Promise<Fixture>;
  /** Endpoints that can't be reached, and their errors. */
  readonly dead: readonly (readonly [string, RegExp])[];
  /** Cases that this way can't pass, by title, and why. */
  readonly cannot?: Readonly<Record<string, string>>;
  /**
   * Why Deno's own look for leaks must be off, where it must; open files are counted all the same.
   */
  readonly outlives?: string;
  /** An endpoint whose dial never ends, or the reason why there is none. */
  readonly hang: (() => Promise<Hanging>) | string;
}

/** An endpoint that never answers. */
export type Hanging = { readonly endpoint: string } & AsyncDisposable;

/** The peer behind an endpoint. */
export interface Fixture extends AsyncDisposable {
  readonly endpoint: string;
  /** Kills the far side at once. */
  kill(): Promise<void>;
}

/** A case: it gets an open way to the peer. */
export type Case = (open: (command: string) => Promise<Connection>) => Promise<void>;

/** The cases that `buildctl dial-stdio` can't pass. */
export const DIAL_STDIO_CANNOT = {
  "half-closed on the far side": "buildctl dial-stdio ends with the far side's writing",
};

/** Registers the suite for a transport. */
export function contract(name: string, subject: Subject): void {
  const strict = subject.outlives === undefined;
  const test = (title: string, fn: (t: Deno.TestContext) => Promise<void>, ignore = false) =>
    Deno.test(
      { name: `${name}: ${title}`, ignore, sanitizeOps: strict, sanitizeResources: strict },
      fn,
    );

  test("the contract of a byte stream", async (t) => {
    await using fixture = await subject.start();
    const open = async (command: string) => {
      const connection = await subject.dial(fixture.endpoint, context());
      const line = new TextEncoder().encode(`${command}\n`);
      assert.equal(await connection.stream.write(line), line.length);
      return connection;
    };
    const step = async (title: string, run: () => Promise<void>) => {
      const why = subject.cannot?.[title];
      const name = why === undefined ? title : `${title}: it can't, because ${why}`;
      await t.step({ name, ignore: why !== undefined, fn: () => noLeaks(run) });
    };
    const peer = farSide(open, (signal) => subject.dial(fixture.endpoint, context(signal)));
    for (const [title, run] of Object.entries(peerCases)) await step(title, () => run(open));
    // The last of these cases opens 50 connections, whose ends keep a busy cluster occupied.
    for (const [title, run] of Object.entries(contractCases)) await step(title, () => run(peer));
  });

  const { hang } = subject;
  if (typeof hang === "string") {
    test(`aborted while dialling: it can't be, because ${hang}`, () => Promise.resolve(), true);
  } else test("aborted while dialling", () => abortedWhileDialling(subject, hang));
  test("the far side is killed in mid-stream", () => killed(subject));

  for (const [endpoint, expected] of subject.dead) {
    test(`nothing behind ${endpoint}`, () => dead(subject, endpoint, expected));
  }
}

/** `peer.ts` as the far side of the cases that the conformance kit has, too. */
function farSide(
  open: (command: string) => Promise<Connection>,
  dial: (signal?: AbortSignal) => Promise<Connection>,
): FarSide {
  return {
    dial,
    async exchange(connect) {
      const { stream } = await connect();
      await writeAll(stream, new TextEncoder().encode("echo\n"));
      await everyByteComesBack(stream);
      stream.close();
    },
    async greeted() {
      const { stream } = await open("echo");
      await everyByteComesBack(stream);
      return stream;
    },
    async ending() {
      return (await open("end shared")).stream;
    },
    async resetting() {
      const { stream } = await open("reset");
      await readExactly(stream, 5);
      return stream;
    },
  };
}

async function everyByteComesBack(stream: ByteStream): Promise<void> {
  const all = Uint8Array.from({ length: 4096 }, (_, i) => (i % 256) * (1 + 2 * (i >> 8)));
  const [back] = await Promise.all([readExactly(stream, all.length), writeAll(stream, all)]);
  assert.deepEqual(back, all);
}

/** Failures of these kinds are reported at once, without another try. */
const LASTING = new Set(["config", "unauthenticated", "denied", "unsupported", "internal"]);

async function dead(subject: Subject, endpoint: string, expected: RegExp): Promise<void> {
  const failed = soon(reach(subject, endpoint), "the error", 10_000);
  await noLeaks(() =>
    assert.rejects(failed, (error) => {
      assert(error instanceof DialError, String(error));
      assert.match(error.message, expected);
      assert.match(error.message, /^cannot reach /);
      assert(error.hint !== undefined && !error.hint.endsWith("."), error.hint ?? "no hint");
      assert(
        !(error.retryable && LASTING.has(error.code)),
        `${error.code} does not pass by itself`,
      );
      return true;
    })
  );
}

/** Dials and reads: a program at the far side may be found missing after it was started. */
async function reach(subject: Subject, endpoint: string): Promise<void> {
  const { stream } = await subject.dial(endpoint, context());
  try {
    await stream.read(new Uint8Array(1));
  } finally {
    stream.close();
  }
}

async function abortedWhileDialling(
  subject: Subject,
  hang: () => Promise<Hanging>,
): Promise<void> {
  await using hanging = await hang();
  await noLeaks(async () => {
    const reason = new Error("the user's reason");
    const controller = new AbortController();
    const dialled = subject.dial(hanging.endpoint, context(controller.signal));
    const ended = dialled.then(() => "dialled", (error) => error);
    const early = await Promise.race([ended, sleep(200)]);
    assert.equal(early, undefined, "it hangs until the abort");
    controller.abort(reason);
    assert.equal(await soon(ended, "the abort", 10_000), reason);
  });
  const late = subject.dial(hanging.endpoint, context(AbortSignal.timeout(100)));
  await assert.rejects(late, (error) => {
    assert(error instanceof DialError && error.code === "timeout", String(error));
    assert.match(error.message, /timed out while /);
    return true;
  });
}

async function killed(subject: Subject): Promise<void> {
  await using fixture = await subject.start();
  const { stream } = await subject.dial(fixture.endpoint, context());
  await stream.write(new TextEncoder().encode("wait\n"));
  const buffer = new Uint8Array(16);
  assert.equal(await stream.read(buffer), 5);
  const reading = stream.read(buffer).then((count) => assert.equal(count, null), () => {});
  await fixture.kill();
  await soon(reading, "the end of the stream", 10_000);
  stream.close();
  const again = reach(subject, fixture.endpoint);
  await assert.rejects(soon(again, "the error", 10_000), DialError);
}
