/**
 * The nested connection over a long and narrow link: 100 ms there and back, 10 MB/s each way. The
 * windows must keep it full, and nothing may starve the daemon's health calls.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Service } from "../../buildkit/grpc/call.ts";
import { health } from "../../buildkit/session/health.ts";
import { openSession } from "../../buildkit/session/session.ts";
import { SolveRequest } from "../../proto/gen/control.ts";
import { messageOf } from "../../proto/message_of.ts";
import { startFakeBuildkitd } from "../fake_buildkitd.ts";
import type { FakeSession } from "../fake_buildkitd/session.ts";
import { runFairlead } from "../harness/inside.ts";
import { startProxy } from "../harness/proxy.ts";
import { withShared } from "../harness/shared.ts";
import { digest, randomBytes } from "../harness/random.ts";
import { clientOf } from "../harness/client.ts";
import { succeeds } from "../harness/ended.ts";

const RATE = 10_000_000;
const link = { delayMs: 50, bytesPerSecond: RATE };
const SIZE = 64 << 20;
const MESSAGE = 256 << 10;
const none = new Uint8Array(0);

const { ignore, shared: daemon } = await withShared();
const test = (name: string, fn: Deno.TestDefinition["fn"]) => Deno.test({ name, ignore, fn });

/** Messages of `SIZE` bytes in total, all different, and their digest. */
function load() {
  const block = randomBytes(MESSAGE);
  const hash = createHash("sha256");
  let sent = 0;
  return {
    next(): Uint8Array | undefined {
      if (sent >= SIZE) return undefined;
      const message = block.slice();
      new DataView(message.buffer).setUint32(0, sent);
      sent += MESSAGE;
      hash.update(message);
      return message;
    },
    digest: () => hash.digest("hex"),
  };
}

interface Sender {
  send(head: Uint8Array, body?: Uint8Array): void;
  drained(below: number): Promise<void>;
}

async function sendAll(call: Sender, source: ReturnType<typeof load>): Promise<void> {
  for (let next = source.next(); next; next = source.next()) {
    call.send(none, next);
    await call.drained(2 << 20);
  }
}

Deno.test("64 MiB up and down at once, 200 streams, and health within 3 seconds of the link", async () => {
  const up = load();
  const down = load();
  const arrived = createHash("sha256");
  // The client's service for the daemon.
  const service: Service = {
    "/t/Up": async (call) => await sendAll(call, up),
    "/t/Down": async (call) => await call.receive((bytes) => void arrived.update(bytes)),
    "/t/Echo": async (call) => {
      await call.receive((bytes) => call.send(none, bytes.slice()));
    },
  };
  const seconds: Record<string, number> = {};
  const timed = async (name: string, work: Promise<void>) => {
    const started = performance.now();
    await work;
    seconds[name] = (performance.now() - started) / 1000;
  };
  const checks: number[] = [];
  let received = "";

  // Unix sockets hold 200 KB. TCP's over loopback grow to megabytes, which no byte can overtake.
  const folder = await Deno.makeTempDir({ prefix: "fl-slow-" });
  await using fake = startFakeBuildkitd(async (build) => {
    const session = await build.session();
    let over = false;
    const passed = () => proxy.bytes.up + proxy.bytes.down;
    const asking = askHealth(session, checks, passed, () => over);
    await Promise.all([
      timed(
        "up",
        (async () => {
          const hash = createHash("sha256");
          const call = session.call("/t/Up");
          call.endSend();
          await call.receive((bytes) => void hash.update(bytes));
          received = hash.digest("hex");
        })(),
      ),
      timed(
        "down",
        (async () => {
          const call = session.call("/t/Down");
          await sendAll(call, down);
          call.endSend();
          await call.receive(() => {});
        })(),
      ),
      ...Array.from({ length: 200 }, (_, i) => echo(session, i)),
    ]);
    over = true;
    await asking;
  }, `${folder}/s`);
  await using proxy = await startProxy({ to: fake.address, listen: "unix", up: link, down: link });
  const client = await clientOf(proxy.address);
  const id = "slow";
  const session = openSession(client.channel, { id, sharedKey: "", services: [health, service] });
  await client.solve(messageOf(SolveRequest, { Ref: id, Session: id }));
  await session.close();
  await client.close();
  await Deno.remove(folder, { recursive: true });

  assert.equal(received, up.digest(), "what went up is not what came");
  assert.equal(arrived.digest("hex"), down.digest(), "what went down is not what came");
  const fastest = SIZE / RATE;
  for (const way of ["up", "down"]) {
    const part = Math.round(100 * fastest / seconds[way]!);
    assert.ok(part >= 25, `${way}: ${part} % of the link's rate`);
  }
  const slowest = Math.max(...checks);
  assert.ok(checks.length > 10, `health was asked ${checks.length} times only`);
  assert.ok(slowest < 2 * 3 * RATE, `${slowest} bytes passed before health was answered`);
});

/** As the daemon does, only oftener: a call after another, each timed by the bytes that passed. */
async function askHealth(
  session: FakeSession,
  took: number[],
  passed: () => number,
  over: () => boolean,
) {
  while (!over()) {
    const before = passed();
    const call = session.call("/grpc.health.v1.Health/Check");
    call.send(none);
    call.endSend();
    await call.receive(() => {});
    took.push(passed() - before);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function echo(session: FakeSession, number: number): Promise<void> {
  const message = new Uint8Array(20_000).fill(number);
  const call = session.call("/t/Echo");
  call.send(none, message);
  call.endSend();
  let got = none;
  await call.receive((bytes) => {
    got = bytes.slice();
  });
  assert.deepEqual([got.length, got[0], got.at(-1)], [20_000, number & 0xff, number & 0xff]);
}

test("a build on a real daemon behind that link: 32 MiB go up, and come back into a folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "fl-slow-" });
  await Deno.mkdir(`${folder}/context`);
  const bytes = randomBytes(32 << 20);
  await Deno.writeFile(`${folder}/context/big`, bytes);
  await Deno.writeTextFile(`${folder}/context/Dockerfile`, "FROM scratch\nCOPY big /\n");
  await using proxy = await startProxy({ to: daemon.tcp, up: link, down: link });
  const ended = await succeeds(runFairlead({
    host: proxy.address,
    args: ["build", "-o", `${folder}/out`, `${folder}/context`],
    home: folder,
  }));
  assert.equal(await digest(await Deno.readFile(`${folder}/out/big`)), await digest(bytes));
  await Deno.remove(folder, { recursive: true });
  const fastest = 2 * (32 << 20) / RATE * 1000;
  // The daemon's own windows grow while it goes, and it hashes and unpacks between the two.
  assert.ok(ended.ms < 2.5 * fastest + 3000, `${ended.ms} ms, ${fastest} at the link's rate`);
});

test("text is compressed on that link, and comes back as it was; --compress-uploads=false is heeded", async () => {
  const folder = await Deno.makeTempDir({ prefix: "fl-slow-" });
  const files = `${folder}/context/files`;
  await Deno.mkdir(files, { recursive: true });
  // Small files, large ones, and noise between them.
  const contents = new Map<string, Uint8Array<ArrayBuffer>>([["noise", randomBytes(300_000)]]);
  for (let at = 0; at < 100; at++) {
    const lines = `${at} is a line that repeats itself\n`.repeat(at % 10 === 0 ? 40_000 : 1000);
    contents.set(`text${at}`, new TextEncoder().encode(lines));
  }
  let size = 0;
  for (const [name, bytes] of contents) {
    await Deno.writeFile(`${files}/${name}`, bytes);
    size += bytes.length;
  }
  await Deno.writeTextFile(`${folder}/context/Dockerfile`, "FROM scratch\nCOPY files /\n");
  for (const [argument, least, most] of [["true", 0.02, 0.5], ["false", 1, 1.1]] as const) {
    await using proxy = await startProxy({ to: daemon.tcp, up: link, down: { delayMs: 50 } });
    const out = `${folder}/out-${argument}`;
    const words = [`--compress-uploads=${argument}`, "-o", out, `${folder}/context`];
    await succeeds(runFairlead({
      host: proxy.address,
      args: ["build", "--no-cache", ...words],
      home: folder,
    }));
    const part = proxy.bytes.up / size;
    assert.ok(part >= least && part <= most, `${argument}: ${part} of ${size} bytes went up`);
    for (const [name, bytes] of contents) {
      assert.equal(
        await digest(await Deno.readFile(`${out}/${name}`)),
        await digest(bytes),
        name,
      );
      await Deno.utime(`${files}/${name}`, 1e9, 1e9); // sent once more
    }
  }
  await Deno.remove(folder, { recursive: true });
});
