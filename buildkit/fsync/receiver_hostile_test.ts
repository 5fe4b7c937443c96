/** Attacks by a daemon, and failures of the file system under a receiver. */
import assert from "node:assert/strict";
import { maybe } from "../../base/maybe.ts";
import { type MemoryEnd, memoryStreams } from "../../tests/fsync/memory_stream.ts";
import {
  copy,
  encode,
  folder,
  link,
  listing,
  receiveRaw,
  scene,
  sendData,
  stat,
} from "../../tests/fsync/raw_sender.ts";
import { needsRoot, skip } from "../../tests/harness/skip.ts";
import { makeTree } from "../../tests/harness/tree.ts";
import { FsyncError, PeerError } from "./errors.ts";
import {
  dataHeaderRoom,
  endOfListing,
  errPacket,
  finPacket,
  Mode,
  PacketType,
  type Stat,
  statWriter,
  writeDataHead,
} from "./packet.ts";
import { readPacket } from "./packet_reader.ts";
import { receiveFolder } from "./receiver.ts";
import { nextTurn } from "./stream.ts";

Deno.test("nothing is written outside of the folder, whatever is sent", async () => {
  const secret = `outside/secret "untouched"\n`;
  const cases: [name: string, before: string, stats: Stat[], refused: RegExp | undefined][] = [
    ["above", "", [stat("../evil")], /the path "\.\.\/evil": it leads out/],
    ["inner", "", [folder("a"), stat("a/../../evil")], /leads out/],
    ["absolute", "", [stat("/tmp/evil")], /it is absolute/],
    ["unclean", "", [folder("a"), stat("a//b")], /not clean/],
    ["root", "", [folder(".")], /not clean/],
    ["NUL", "", [stat("a\0b")], /NUL/],
    [
      "through a sent link",
      "",
      [link("a", "../outside"), stat("a/evil")],
      /"a\/evil": it is out of order/,
    ],
    [
      "link, then folder",
      "",
      [link("a", "../outside"), folder("a"), stat("a/evil")],
      /"a": it is out of order/,
    ],
    [
      "hard link out",
      "",
      [stat("a", { linkname: "../outside/secret" })],
      /"a": it is a hard link to/,
    ],
    [
      "hard link to a link",
      "",
      [link("a", "../outside/secret"), stat("b", { linkname: "a" })],
      /hard link to "a"/,
    ],
    ["twice", "", [stat("a"), stat("a")], /out of order/],
    ["backwards", "", [stat("b"), stat("a")], /out of order/],
    ["folder not sent", "", [stat("a/b")], /out of order/],
    [
      "two types",
      "",
      [stat("a", { mode: Mode.dir | Mode.symlink, linkname: "../outside" })],
      /no known type/,
    ],
    ["an old link as folder", "dest/a -> ../outside", [folder("a"), stat("a/evil")], undefined],
    ["an old link as file", "dest/a -> ../outside/secret", [stat("a")], undefined],
    ["an old link below", "dest/a/b -> ../../outside", [
      folder("a"),
      folder("a/b"),
      stat("a/b/evil"),
    ], undefined],
    ["an old link as link", "dest/a -> ../outside", [link("a", "x")], undefined],
  ];
  for (const [name, before, stats, refused] of cases) {
    await using there = await scene(`${secret}${before}`);
    const { error, log } = await receiveRaw(there.dest, stats);
    assert.equal(
      await listing(`${there.root}/outside`).then((lines) => lines.trim().split(" ")[0]),
      "secret",
      name,
    );
    assert.equal(Deno.readTextFileSync(`${there.root}/outside/secret`), "untouched", name);
    assert.equal([...Deno.readDirSync(there.root)].length, 2, name);
    if (refused === undefined) assert.equal(error, undefined, name);
    else {
      assert.ok(error instanceof FsyncError, name);
      assert.match(error.message, refused, name);
      assert.equal(log.at(-1), error.message, "the sender gets the error");
    }
    assert.deepEqual(temporaries(there.dest), [], name);
  }
});

/** Files under temporary names that were left. */
function temporaries(dest: string): string[] {
  return Array.from(Deno.readDirSync(dest), ({ name }) => name).filter((name) =>
    name.startsWith(".tmp.")
  );
}

Deno.test("deleteOthers removes links, not what they lead to", async () => {
  await using there = await scene(`
    outside/secret "untouched"
    dest/a -> ../outside
    dest/b/c -> ../../outside
  `);
  await using empty = await makeTree("");
  await copy(empty.root, there.dest, true);
  assert.equal(await listing(there.dest), "");
  assert.equal(Deno.readTextFileSync(`${there.root}/outside/secret`), "untouched");
});

Deno.test("endless listings, attributes and begun files are refused, in all calls together", async () => {
  const many = (file: (path: string) => Stat) =>
    Array.from({ length: 300 }, (_, i) => file(String(1000 + i)));
  const xattrs = [{ name: encode("user.x"), value: encode("x") }];
  const cases: [stats: Stat[], mostHeld: number][] = [
    [many(stat), 70_000],
    [many(folder), 70_000],
    [many((path) => link(path, "x".repeat(100))), 70_000],
    [many((path) => stat(path, { xattrs })), 100_000],
  ];
  for (const [stats, mostHeld] of cases) {
    await using there = await scene();
    const { error, log } = await receiveRaw(there.dest, stats, "", { mostHeld });
    assert.match(String(error), /cannot receive "1\d+": what the builder sends needs more than/);
    assert.equal(log.at(-1), (error as Error).message, "the sender gets the error");
    // The memory of an ended call is free for the next one. Two calls at a time need too much.
    const half = stats.slice(0, stats.length / 2);
    const alone = await receiveRaw(there.dest, half, "", { mostHeld });
    assert.equal(alone.error, undefined);
  }
  await using there = await scene();
  const [theirs, ours] = memoryStreams();
  const first = receiveFolder(ours, { dest: there.dest }).catch(() => {});
  for (const stat of many(folder)) theirs.send(statWriter()(stat));
  theirs.receive(() => {}).catch(() => {});
  while (!maybe(() => Deno.statSync(`${there.dest}/1299`))) await nextTurn();
  const { error } = await receiveRaw(there.dest, many(stat), "", { mostHeld: 100_000 });
  assert.match(String(error), /needs more than/);
  theirs.cut(new Error("over"));
  await first;
});

Deno.test("files that are begun and not ended have limited buffers", async () => {
  await using there = await scene();
  const [theirs, ours] = memoryStreams();
  const receiving = receiveFolder(ours, { dest: there.dest, mostHeld: 4 << 20 });
  for (let i = 0; i < 20; i++) theirs.send(statWriter()(stat(String(100 + i), { size: 1e6 })));
  theirs.send(endOfListing);
  theirs.receive((message) => {
    const { type, id } = readPacket(message);
    if (type !== PacketType.req) return;
    const head = new Uint8Array(dataHeaderRoom);
    theirs.send(head.subarray(writeDataHead(head, head.length, id, 1)), encode("x"));
  }).catch(() => {});
  await assert.rejects(receiving, /needs more than/);
  theirs.end();
  assert.deepEqual(temporaries(there.dest), []);
});

Deno.test("content nobody asked for, twice, or of too many files at once", async () => {
  const head = new Uint8Array(dataHeaderRoom);
  const part = (id: number) => head.slice(writeDataHead(head, head.length, id, 1));
  const cases: [stats: Stat[], act: (end: MemoryEnd) => void, message: RegExp][] = [
    [
      [stat("a"), folder("b")],
      (end) => end.send(part(1), encode("x")),
      /content of file 1, which was not asked for/,
    ],
    [
      [stat("a"), stat("b")],
      (end) => (sendData(end, 0, "x"), sendData(end, 0, "x")),
      /content of file 0, which/,
    ],
    [[stat("a")], (end) => end.send(finPacket), /finished before/],
    [
      [stat("a")],
      (end) => end.send(statWriter()(stat("b"))),
      /"b": it came after the end of the listing/,
    ],
    [[stat("a")], (end) => end.send(errPacket("boom")), /stopped by the builder: boom/],
    [[stat("a")], (end) => end.end(), /ended the call early/],
    [
      [stat("a")],
      (end) => (end.send(part(0), encode("x")), setTimeout(() => end.cut(new Error("reset")))),
      /^reset$/,
    ],
    [
      Array.from({ length: 65 }, (_, i) => stat(String(100 + i), { size: 9 })),
      (end) => {
        for (let i = 0; i < 65; i++) end.send(part(i), encode("x"));
      },
      /more than 64 files at a time/,
    ],
  ];
  for (const [stats, act, message] of cases) {
    await using there = await scene();
    const [theirs, ours] = memoryStreams();
    const write = statWriter();
    for (const one of [...stats, folder("z")]) theirs.send(write(one));
    theirs.send(endOfListing);
    act(theirs);
    const error = await receiveFolder(ours, { dest: there.dest }).catch((error) => error);
    assert.match(error.message, message);
    assert.deepEqual(temporaries(there.dest), []);
  }
});

Deno.test("no more files are asked for than fsutil's sender queues", async () => {
  await using there = await scene();
  const [ours, theirs] = memoryStreams();
  const receiving = receiveFolder(ours, { dest: there.dest });
  const write = statWriter();
  const count = 1000;
  for (let i = 0; i < count; i++) theirs.send(write(stat(`f${10_000 + i}`, { size: 0 })));
  theirs.send(endOfListing);
  const asked: number[] = [];
  let answered = 0;
  await theirs.receive((message) => {
    const { type, id } = readPacket(message);
    if (type === PacketType.fin) {
      theirs.send(finPacket);
      return ours.end();
    }
    assert.equal(type, PacketType.req);
    asked.push(id);
    assert.ok(asked.length - answered <= 128);
    if (asked.length < 128) return; // nothing is answered before as many were asked for
    for (; answered < asked.length; answered++) sendData(theirs, asked[answered]!, "");
  });
  theirs.end();
  await receiving;
  assert.deepEqual(asked, Array.from({ length: count }, (_, i) => i));
});

Deno.test("after an error of this side's system the sender gets the error, and is heard out", async () => {
  await using there = await scene();
  const long = "b".repeat(300);
  const [ours, theirs] = memoryStreams();
  const reports: unknown[] = [];
  const receiving = receiveFolder({ ...ours, report: (error) => void reports.push(error) }, {
    dest: there.dest,
  });
  const failed = assert.rejects(receiving, (error) => {
    assert.ok(error instanceof FsyncError);
    assert.equal(error, reports[0]);
    assert.match(error.message, /cannot create "\/.*\/dest\/b+": file name too long/);
    return true;
  });
  const write = statWriter();
  for (const name of ["a", long, "c"]) theirs.send(write(stat(name, { size: 0 })));
  theirs.send(endOfListing);
  const told = Promise.withResolvers<string>();
  theirs.receive((message) => {
    const { type, id, data } = readPacket(message);
    if (type === PacketType.req) sendData(theirs, id, "");
    if (type === PacketType.err) told.resolve(new TextDecoder().decode(data));
  }).catch(() => {});
  assert.match(await told.promise, /cannot/);
  for (let i = 0; i < 100; i++) sendData(theirs, 2, "what comes after the error is dropped");
  theirs.end();
  await failed;
  assert.equal(reports.length, 1);
});

Deno.test("a call that ends while files are written leaves nothing of them, and nothing open", async () => {
  await using there = await scene();
  const write = statWriter();
  const piece = new Uint8Array(dataHeaderRoom + 700_000);
  const start = writeDataHead(piece, dataHeaderRoom, 0, 700_000);
  const waiting: unknown[] = [];
  const receiving = receiveFolder({
    send() {},
    report() {},
    drained: () => Promise.resolve(),
    receive(onMessage) {
      onMessage(write(stat("a", { size: 5_000_000 })));
      onMessage(endOfListing);
      for (let i = 0; i < 3; i++) waiting.push(onMessage(piece.slice(start)));
      return Promise.reject(new Error("reset"));
    },
    signal: new AbortController().signal,
  }, { dest: there.dest });
  assert.equal(await receiving.catch((error) => error.message), "reset");
  await Promise.all(waiting);
  assert.deepEqual([...Deno.readDirSync(there.dest)], []);
});

Deno.test("the call may be reset once all is written", async () => {
  await using there = await scene();
  const [theirs, ours] = memoryStreams();
  theirs.send(statWriter()(stat("a")));
  theirs.send(endOfListing);
  const serving = theirs.receive((message) => {
    const { type } = readPacket(message);
    if (type === PacketType.req) sendData(theirs, 0, "x");
    if (type === PacketType.fin) theirs.cut(new Error("RST_STREAM"));
  }).catch(() => {});
  await receiveFolder(ours, { dest: there.dest });
  await serving;
  assert.equal(Deno.readTextFileSync(`${there.dest}/a`), "x");
});

Deno.test("an output folder that cannot be made or is a file", async () => {
  await using there = await scene(`file "x"`);
  for (const dest of [`${there.root}/file`, `${there.root}/file/below`]) {
    const { error } = await receiveRaw(dest, [stat("a")]);
    assert.ok(error instanceof FsyncError);
    assert.match(error.message, /^cannot create the folder ".*file(\/below)?": /);
  }
});

Deno.test(
  { name: "a full disk: one message, and no half-written file", ignore: skip(needsRoot()) },
  async () => {
    await using there = await scene();
    Deno.mkdirSync(there.dest);
    const mount = await new Deno.Command("mount", {
      args: ["-t", "tmpfs", "-o", "size=1m", "none", there.dest],
    }).output();
    assert.ok(mount.success);
    try {
      for (const [size, name] of [[3_000_000, "large"], [100_000, "small"]] as const) {
        const stats = Array.from({ length: 20 }, (_, i) => stat(`${name}${100 + i}`, { size }));
        const { error, log } = await receiveRaw(there.dest, stats, "x".repeat(size));
        assert.ok(error instanceof FsyncError);
        assert.match(
          error.message,
          /^cannot (write|create) "\/.*\/dest\/(large|small)\d+": no space left on device$/,
        );
        assert.equal(error.code, "ENOSPC");
        assert.match(
          log.at(-1)!,
          /^cannot (write|create) "(large|small)\d+": no space left on device$/,
        );
        for (const { name } of Deno.readDirSync(there.dest)) {
          assert.equal(Deno.statSync(`${there.dest}/${name}`).size, size, name);
        }
      }
    } finally {
      await new Deno.Command("umount", { args: [there.dest] }).output();
    }
  },
);

Deno.test("a daemon that gives up is no fault of ours", async () => {
  await using there = await scene();
  const [theirs, ours] = memoryStreams();
  theirs.send(errPacket("cancelled"));
  const error = await receiveFolder(ours, { dest: there.dest }).catch((error) => error);
  assert.ok(error instanceof PeerError);
});
