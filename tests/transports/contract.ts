/**
 * The tests that every transport must pass. One call registers them:
 *
 *     contract("tcp", { dial, start: startPeerBehindIt, hang, dead: [["tcp://127.0.0.1:1", /refused/]] });
 *
 * The peer is `peer.ts`, at the place that the fixture chooses. Each case ends with as many open files
 * as it began with.
 */
import assert from "node:assert/strict";
import { DialError } from "../../transports/errors.ts";
import type { Connection, DialContext } from "../../transports/transport.ts";
import { breaking } from "./contract_breaking.ts";
import { flowing } from "./contract_flowing.ts";
import { context, noLeaks, soon } from "./contract_help.ts";

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
    Deno.test({
      name: `${name}: ${title}`,
      ignore,
      sanitizeOps: strict,
      sanitizeResources: strict,
      fn,
    });

  test("the contract of a byte stream", async (t) => {
    await using fixture = await subject.start();
    const open = async (command: string) => {
      const connection = await subject.dial(fixture.endpoint, context());
      const line = new TextEncoder().encode(`${command}\n`);
      assert.equal(await connection.stream.write(line), line.length);
      return connection;
    };
    for (const [title, run] of Object.entries({ ...flowing, ...breaking })) {
      const why = subject.cannot?.[title];
      const name = why === undefined ? title : `${title}: it can't, since ${why}`;
      await t.step({ name, ignore: why !== undefined, fn: () => noLeaks(() => run(open)) });
    }
    await t.step("aborted before the dial", () => abortedBefore(subject, fixture.endpoint));
    await t.step("aborted in the turn of the dial", () => abortedAtOnce(subject, fixture.endpoint));
  });

  const { hang } = subject;
  if (typeof hang === "string") {
    test(`aborted while dialling: it can't be, since ${hang}`, () => Promise.resolve(), true);
  } else test("aborted while dialling", () => abortedWhileDialling(subject, hang));
  test("the far side is killed in mid-stream", () => killed(subject));

  for (const [endpoint, expected] of subject.dead) {
    test(`nothing behind ${endpoint}`, () => dead(subject, endpoint, expected));
  }
}

/** Failures of these kinds are reported at once, without another try. */
const LASTING = new Set(["config", "unauthenticated", "denied", "unsupported", "internal"]);

async function dead(subject: Subject, endpoint: string, expected: RegExp): Promise<void> {
  const failed = soon(reach(subject, endpoint), 5000, "the error");
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

async function abortedBefore(subject: Subject, endpoint: string): Promise<void> {
  const reason = new Error("the user's reason");
  const dialled = subject.dial(endpoint, context(AbortSignal.abort(reason)));
  await assert.rejects(soon(dialled, 1000, "the abort"), reason);
}

async function abortedAtOnce(subject: Subject, endpoint: string): Promise<void> {
  await noLeaks(async () => {
    const reason = new Error("the user's reason");
    const controller = new AbortController();
    const dialled = subject.dial(endpoint, context(controller.signal));
    controller.abort(reason);
    await assert.rejects(soon(dialled, 1000, "the abort"), reason);
  });
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
    const timer = setTimeout(() => controller.abort(reason), 200);
    const started = performance.now();
    await assert.rejects(soon(dialled, 2000, "the abort"), reason);
    clearTimeout(timer);
    const took = performance.now() - started;
    assert(took > 150 && took < 1000, `${took} ms: at the abort, and neither before nor after`);
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
  await soon(reading, 10_000, "the end of the stream");
  stream.close();
  const again = reach(subject, fixture.endpoint);
  await assert.rejects(soon(again, 10_000, "the error"), DialError);
}
