/**
 * Ours against fsutil itself, over random trees and patterns. A failure prints the seed of its
 * case; FAIRLEAD_FSYNC_SEED=n runs that one alone.
 */
import assert from "node:assert/strict";
import { followLinks } from "../../buildkit/fsync/follow_links.ts";
import { openSys } from "../../buildkit/fsync/os/open_sys.ts";
import { type Stat, statWriter } from "../../buildkit/fsync/packet.ts";
import { parsePatterns } from "../../buildkit/fsync/patterns/pattern.ts";
import { openWalk } from "../../buildkit/fsync/sender.ts";
import type { Sys } from "../../buildkit/fsync/os/sys.ts";
import { type Filter, type Oracle, startOracle } from "../harness/oracle.ts";
import { needsRoot, skip } from "../harness/skip.ts";
import { missing } from "../harness/tool.ts";
import { writeTree } from "../harness/tree.ts";
import { pick, type Random, randomPath, randomPattern, randomTree, several } from "./random.ts";
import { removedLater } from "../harness/remove_folder.ts";
import { seeded } from "../harness/random.ts";

const ignore = skip(needsRoot() ?? await missing("fsutil-oracle"));
const only = Deno.env.get("FAIRLEAD_FSYNC_SEED");

/** Runs `check` with as many seeds, one after another. */
function each(
  name: string,
  count: number,
  check: (next: Random, oracle: Oracle, sys: Sys) => Promise<void>,
): void {
  Deno.test({ name, ignore }, async () => {
    await using oracle = await startOracle();
    using sys = openSys();
    for (let seed = 1; seed <= count; seed++) {
      if (only !== undefined && only !== String(seed)) continue;
      try {
        await check(seeded(seed), oracle, sys);
      } catch (error) {
        throw new Error(`with FAIRLEAD_FSYNC_SEED=${seed}: ${error}`, { cause: error });
      }
    }
  });
}

/**
 * Returns the result of a call, or that it fails; the words of the error aren't compared. "broken":
 * matching found a pattern to be invalid. fsutil reports that of excludes even for paths that are
 * not included.
 */
async function outcome<T>(call: () => T | Promise<T>): Promise<T | "fails" | "broken"> {
  try {
    return await call();
  } catch (error) {
    return String(error).includes("failed to match excludepatterns") ? "broken" : "fails";
  }
}

each("patterns match what patternmatcher matches", 20000, async (next, oracle) => {
  const paths = Array.from({ length: 8 }, () => randomPath(next, []));
  const patterns = [randomPattern(next, paths), ...several(next, () => randomPattern(next, paths))];
  const theirs = await outcome(async () => (await oracle.match(patterns, paths)).walked);
  const ours = await outcome(async () => {
    const list = await parsePatterns(patterns);
    return paths.map((path) => {
      let matched = false;
      let parent: Uint8Array | undefined;
      for (let end = 0; end < path.length;) {
        end = path.indexOf("/", end + 1);
        if (end < 0) end = path.length;
        const into = new Uint8Array(list.patterns.length);
        matched = list.matches(path.slice(0, end), parent, into);
        parent = into;
      }
      return matched;
    });
  });
  assert.deepEqual(ours, theirs, JSON.stringify({ patterns, paths }));
});

each("trees are listed as fsutil lists them, byte for byte", 1500, async (next, oracle, sys) => {
  const root = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "fl-fsync-" });
  await using _ = removedLater(root);
  const { text, paths } = randomTree(next);
  writeTree(root, text);
  for (let i = 0; i < 10; i++) {
    const filter = i === 0 ? {} : randomFilter(next, paths);
    const theirs = await outcome(async () =>
      (await oracle.stats(root, filter)).map((stat) => stat.raw)
    );
    const ours = await outcome(() => list(sys, root, filter));
    if (theirs === "broken") continue;
    assert.deepEqual(shown(ours), shown(theirs), JSON.stringify({ filter, text }, undefined, 1));
  }
  const follow = Array.from({ length: 3 }, () => randomFollow(next, paths));
  const theirs = await outcome(() => oracle.follow(root, follow));
  const ours = await outcome(async () => await followLinks(sys, root, follow) ?? null);
  assert.deepEqual(ours, theirs, JSON.stringify({ follow, text }, undefined, 1));
});

function randomFollow(next: Random, paths: readonly string[]): string {
  return next() < 0.6
    ? randomPath(next, paths)
    : pick(next, ["*", "a*/b", "/a", "../a", "*/*", "[ab]", ".", "a/../b"]);
}

function randomFilter(next: Random, paths: readonly string[]): Filter {
  const some = <T>(share: number, make: () => T) => next() < share ? several(next, make) : [];
  return {
    include: some(0.5, () => randomPattern(next, paths)),
    exclude: some(0.5, () => randomPattern(next, paths)),
    follow: some(0.5, () => randomFollow(next, paths)),
  };
}

/** The stats as they go out, in base64. */
async function list(sys: Sys, root: string, filter: Filter): Promise<string[]> {
  const write = statWriter();
  const found: string[] = [];
  const walk = await openWalk(sys, root, {
    root,
    includes: filter.include ?? [],
    excludes: filter.exclude ?? [],
    followPaths: filter.follow ?? [],
  }, {
    emit(stat: Stat) {
      const packet = write(stat);
      found.push(packet.subarray(packet.length - bodyLength(packet)).toBase64());
    },
    warn: (warning) => assert.fail(warning.reason),
  });
  while (walk.step());
  return found;
}

/** The length of the stat in its packet, behind one byte of tag. */
function bodyLength(packet: Uint8Array): number {
  let [length, shift, at] = [0, 1, 1];
  for (; packet[at]! > 0x7f; at++, shift *= 128) length += (packet[at]! & 0x7f) * shift;
  return length + packet[at]! * shift;
}

/** Paths where stats are alike, so that a difference can be read. */
function shown(stats: string[] | string): unknown {
  if (typeof stats === "string") return stats;
  return stats.map((raw) => new TextDecoder().decode(Uint8Array.fromBase64(raw)) + raw);
}
