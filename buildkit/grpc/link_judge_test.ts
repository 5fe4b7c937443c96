import assert from "node:assert/strict";
import { LinkJudge, QUICK, THOROUGH } from "./link_judge.ts";

/** A link with a daemon, in simulated time. Speeds are bytes/ms. */
interface World {
  readonly roundTrip: number;
  /** Bytes on the wire. */
  link: number;
  /** Bytes that the daemon takes, before compression. */
  readonly daemon: number;
  /** The size of compressed data, as a part. */
  readonly ratio: number;
  /** Bytes that compression takes. */
  readonly gzip: number;
}

/**
 * Uploads for so many ms, and returns the original bytes that arrived, and the level at the end.
 */
function upload(world: World, ms: number, judge?: { level: number }) {
  let now = 0;
  const real = new LinkJudge({ now: () => now, roundTrip: () => world.roundTrip });
  const MESSAGE = 64 << 10;
  /** Messages in the queue: bytes left on the wire, and original bytes for each of them. */
  const queue: { left: number; factor: number }[] = [];
  let queued = 0;
  let arrived = 0;
  const step = (time: number) => {
    now += time;
    let [wire, original] = [world.link * time, world.daemon * time];
    while (queue.length > 0 && wire > 1 && original > 1) {
      const first = queue[0]!;
      const count = Math.min(first.left, wire, original / first.factor);
      first.left -= count;
      wire -= count;
      original -= count * first.factor;
      queued -= count;
      arrived += count * first.factor;
      if (first.left < 1) queue.shift();
      real.left(count);
    }
  };
  while (now < ms) {
    while (queued < (real.isCautious ? 128 << 10 : 1 << 20) && now < ms) {
      const level = judge?.level ?? real.level;
      const took = level === 0 ? 0 : MESSAGE / world.gzip;
      if (took > 0) step(took);
      const size = level === 0 ? MESSAGE : MESSAGE * world.ratio;
      queue.push({ left: size, factor: MESSAGE / size });
      queued += size;
      real.queued(size, MESSAGE, took);
    }
    step(1);
  }
  return { arrived, level: real.level };
}

const slow: World = { roundTrip: 40, link: 6_000, daemon: 200_000, ratio: 0.25, gzip: 160_000 };

Deno.test("a slow link gets compressed data, and the thorough level where there is time", () => {
  const { arrived, level } = upload(slow, 10_000);
  assert.equal(level, THOROUGH);
  assert.ok(arrived > 3 * upload(slow, 10_000, { level: 0 }).arrived);
});

Deno.test("a slow link nearby is found out, too", () => {
  const near = { ...slow, roundTrip: 0.5, link: 10_000 };
  assert.ok(upload(near, 10_000).arrived > 2 * upload(near, 10_000, { level: 0 }).arrived);
});

Deno.test("what is not slow loses little, on any link", () => {
  const worlds: Record<string, World> = {
    "a quick link": { ...slow, link: 125_000 },
    "one machine": { ...slow, roundTrip: 0.1, link: 1e6 },
    "a slow daemon nearby": { ...slow, roundTrip: 0.1, link: 1e6, daemon: 8_000 },
    "a slow daemon far away": { ...slow, link: 125_000, daemon: 20_000 },
    "data that is compressed already": { ...slow, ratio: 0.99 },
    "a slow machine": { ...slow, link: 30_000, gzip: 30_000 },
  };
  for (const [name, world] of Object.entries(worlds)) {
    const plain = upload(world, 10_000, { level: 0 }).arrived;
    const judged = upload(world, 10_000).arrived;
    assert.ok(judged > 0.93 * plain, `${name}: ${judged / plain}`);
  }
});

Deno.test("nothing is compressed on one machine", () => {
  const world = { ...slow, roundTrip: 0.1, link: 1e6, daemon: 300_000 };
  assert.equal(upload(world, 3_000).level, 0);
});

Deno.test("the decision changes with the link", () => {
  let now = 0;
  const judge = new LinkJudge({ now: () => now, roundTrip: () => 40 });
  const send = (bytesPerMs: number, ms: number) => {
    for (const end = now + ms; now < end;) {
      now += 10;
      const size = bytesPerMs * 10;
      const original = judge.level === 0 ? size : size * 4;
      judge.queued(size, original, judge.level === 0 ? 0 : original / 100_000);
      judge.left(size);
      judge.queued(1, 1, 0); // something always waits
    }
  };
  judge.queued(1 << 20, 1 << 20, 0);
  assert.equal(judge.level, QUICK);
  judge.left(1 << 20);
  send(5_000, 3_000);
  assert.notEqual(judge.level, 0);
});
