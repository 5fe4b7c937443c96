import assert from "node:assert/strict";
import { removedLater } from "../../tests/harness/remove_folder.ts";
import { type MemoryEnd, memoryStreams } from "../../tests/fsync/memory_stream.ts";
import { makeTree } from "../../tests/harness/tree.ts";
import { Errno, type Sys } from "./os/sys.ts";
import { FsyncError, PeerError, text } from "./errors.ts";
import { openSys } from "./os/open_sys.ts";
import { errPacket, finPacket, Mode, PacketType, reqPacket } from "./packet.ts";
import { readPacket } from "./packet_reader.ts";
import { sendFolder, type SendOptions } from "./sender.ts";
import type { Warning } from "./stream.ts";

interface Received {
  files: Map<string, Uint8Array>;
  paths: string[];
  err: string | undefined;
}

/**
 * Requests the files that `wants` accepts (by default all), and ends as BuildKit's receiver does.
 */
async function receiveAll(end: MemoryEnd, wants = (_path: string) => true): Promise<Received> {
  const found: Received = { files: new Map(), paths: [], err: undefined };
  const open = new Map<number, { path: string; parts: Uint8Array[] }>();
  let listed = false;
  await end.receive((message) => {
    const { type, stat, id, data } = readPacket(message);
    if (type === PacketType.stat && stat !== undefined) {
      const path = text(stat.path);
      if ((stat.mode & Mode.type) === 0 && wants(path)) {
        open.set(found.paths.length, { path, parts: [] });
        end.send(reqPacket(found.paths.length));
      }
      found.paths.push(path);
    } else if (type === PacketType.stat) listed = true;
    else if (type === PacketType.err) found.err = text(data);
    else if (type === PacketType.data && data.length > 0) open.get(id)!.parts.push(data.slice());
    else if (type === PacketType.data) {
      const { path, parts } = open.get(id)!;
      open.delete(id);
      found.files.set(path, new Uint8Array(parts.flatMap((part) => Array.from(part))));
    } else if (type === PacketType.fin) end.end();
    if (listed && open.size === 0 && type !== PacketType.fin) {
      listed = false;
      end.send(finPacket);
    }
  });
  return found;
}

/** Sends a tree to {@link receiveAll}. */
async function transfer(
  root: string,
  options: Partial<SendOptions> = {},
): Promise<Received & { warnings: Warning[]; error: unknown }> {
  const [ours, theirs] = memoryStreams();
  const warnings: Warning[] = [];
  const received = receiveAll(theirs);
  let error: unknown;
  await sendFolder(ours, { root, onWarning: (warning) => warnings.push(warning), ...options })
    .catch((reason) => error = reason);
  ours.end();
  return { ...await received, warnings, error };
}

/** The system calls, some of them replaced. */
function sysWith(change: (sys: Sys) => Partial<Sys>): Sys {
  const sys = openSys();
  return { ...sys, ...change(sys) };
}

const pathIn = (path: Uint8Array) => text(path.subarray(0, path.indexOf(0)));

Deno.test("files of all sizes arrive whole", async () => {
  await using tree = await makeTree(`
    big 3000001
    empty ""
    exact 131072
    folder/large 131073
    folder/meg 1048576
    folder/small "hello"
    sock socket
  `);
  const { files, paths, warnings, error } = await transfer(tree.root);
  assert.equal(error, undefined);
  assert.deepEqual(warnings, []);
  assert.deepEqual(paths, [
    "big",
    "empty",
    "exact",
    "folder",
    "folder/large",
    "folder/meg",
    "folder/small",
    "sock",
  ]);
  for (const [path, content] of files) {
    const expected = path === "sock"
      ? new Uint8Array(0)
      : Deno.readFileSync(`${tree.root}/${path}`);
    assert.ok(
      expected.length === content.length && expected.every((byte, i) => byte === content[i]),
      path,
    );
  }
  assert.equal(files.size, 7);
});

Deno.test("includes, excludes and followed links together", async () => {
  await using tree = await makeTree(`
    a/x
    a/y.log
    b/x
    l -> b/x
  `);
  const { paths } = await transfer(tree.root, {
    includes: ["a"],
    excludes: ["**/*.log"],
    followPaths: ["l"],
  });
  assert.deepEqual(paths, ["a", "a/x", "b", "b/x", "l"]);
});

Deno.test("progress counts entries, files and bytes", async () => {
  await using tree = await makeTree(`a/b "12345"\nc 200000`);
  let last;
  await transfer(tree.root, { onProgress: (progress) => last = { ...progress } });
  assert.deepEqual(last, { entries: 3, files: 2, bytes: 200005, total: 200005 });
});

Deno.test("a file that vanishes after it was listed costs itself and a warning", async () => {
  for (const size of [5, 200000]) {
    await using tree = await makeTree(`a ${size}\nb "x"`);
    using sys = sysWith((sys) => ({
      open: (path) => pathIn(path).endsWith("/a") ? -Errno.ENOENT : sys.open(path),
    }));
    const { files, warnings, error } = await transfer(tree.root, { sys });
    assert.equal(error, undefined);
    assert.deepEqual(warnings, [{
      path: "a",
      reason: "it vanished before it was read, and is sent empty",
    }]);
    assert.deepEqual([files.get("a")?.length, files.get("b")?.length], [0, 1]);
  }
});

Deno.test("a file that became a link or a folder is not followed", async () => {
  await using tree = await makeTree(`a "1"\nb "2"\nsecret "s"`);
  const [ours, theirs] = memoryStreams();
  const warnings: string[] = [];
  let changed = false;
  const received = receiveAll(theirs, (path) => {
    if (!changed) {
      changed = true;
      for (const name of ["a", "b"]) Deno.removeSync(`${tree.root}/${name}`);
      Deno.symlinkSync("secret", `${tree.root}/a`);
      Deno.mkdirSync(`${tree.root}/b`);
    }
    return path !== "secret";
  });
  await sendFolder(ours, { root: tree.root, onWarning: ({ path }) => warnings.push(path) });
  ours.end();
  assert.deepEqual(
    (await received).files,
    new Map([["a", new Uint8Array(0)], ["b", new Uint8Array(0)]]),
  );
  assert.deepEqual(warnings, ["a", "b"]);
});

Deno.test("a file that shrinks or grows is sent as it is, with a warning", async () => {
  for (
    const [listed, real] of [[10, 4], [10, 25], [0, 3], [300000, 150000], [200000, 1500000], [
      5,
      140000,
    ]]
  ) {
    await using tree = await makeTree(`a ${real}`);
    using sys = sysWith((sys) => ({
      lstat(path, into) {
        const result = sys.lstat(path, into);
        into.size = listed!;
        return result;
      },
    }));
    const { files, warnings, error } = await transfer(tree.root, { sys });
    assert.equal(error, undefined);
    assert.equal(files.get("a")?.length, real);
    const verb = real! < listed! ? "shrank" : "grew";
    assert.deepEqual(warnings, [
      { path: "a", reason: `it ${verb} from ${listed} to ${real} bytes while it was read` },
    ]);
  }
});

Deno.test("a small file that has grown large is not held whole", async () => {
  await using tree = await makeTree(`a 6000000`);
  using sys = sysWith((sys) => ({
    lstat(path, into) {
      const result = sys.lstat(path, into);
      into.size = 5;
      return result;
    },
  }));
  const [ours, theirs] = memoryStreams();
  // Bytes copied into the stream so far, bytes on loan to the stream now, and the most bytes ever
  // on loan. Few may be on loan.
  let [copied, lent, most] = [0, 0, 0];
  const counted: MemoryEnd = {
    ...ours,
    send(head, body, taken) {
      copied += head.length;
      lent += body?.length ?? 0;
      most = Math.max(most, lent);
      ours.send(head, body, () => {
        lent -= body?.length ?? 0;
        taken?.();
      });
    },
  };
  const received = receiveAll(theirs);
  await sendFolder(counted, { root: tree.root, sys });
  ours.end();
  assert.equal((await received).files.get("a")?.length, 6000000);
  assert.ok(copied < 10_000, `${copied} bytes were copied`);
  assert.ok(most > 0 && most < 4_000_000, `${most} bytes were on loan`);
});

Deno.test("a file that may not be read ends the transfer, by name, on both sides", async () => {
  for (
    const [size, failed] of [[5, "open"], [5, "read"], [200000, "open"], [
      200000,
      "readAsync",
    ]] as const
  ) {
    await using tree = await makeTree(`d/secret ${size}`);
    using sys = sysWith((sys) => ({
      [failed]: failed === "readAsync" ? () => Promise.resolve(-Errno.EACCES) : () => -Errno.EACCES,
      close: failed === "open" ? () => {} : sys.close,
    }));
    const { err, error } = await transfer(tree.root, { sys });
    assert.ok(error instanceof FsyncError, String(error));
    assert.equal(error.message, `cannot read "d/secret": permission denied`);
    assert.equal(err, error.message);
  }
});

Deno.test("a folder that is missing, a file, or has a broken pattern", async () => {
  await using tree = await makeTree(`file`);
  const cases: [Partial<SendOptions>, RegExp][] = [
    [{ root: `${tree.root}/none` }, /^cannot read the folder ".*none": no such file or directory$/],
    [{ root: `${tree.root}/file` }, /^cannot read the folder ".*file": it is not a folder$/],
    [{ excludes: ["["] }, /^cannot use the pattern "\[": /],
  ];
  for (const [options, message] of cases) {
    const { error } = await transfer(tree.root, options);
    assert.ok(error instanceof FsyncError);
    assert.match(error.message, message);
  }
});

Deno.test("a folder that may not be read is named whole", async () => {
  await using tree = await makeTree(`file`);
  using sys = sysWith(() => ({ readDir: () => -Errno.EACCES }));
  const { error } = await transfer(tree.root, { sys });
  assert.equal(
    (error as Error).message,
    `cannot read the folder "${tree.root}": permission denied`,
  );
});

Deno.test("the daemon gives up, asks for what is not there, or is cut off", async () => {
  await using tree = await makeTree(`a "x"\nd/`);
  const cases: [(end: MemoryEnd) => void, string | RegExp][] = [
    [(end) => end.send(errPacket("disk full")), "file sync stopped by the builder: disk full"],
    [(end) => end.end(), "file sync stopped by the builder: it ended the call early"],
    [(end) => end.cut(new Error("reset")), "reset"],
    [
      (end) => end.send(reqPacket(7)),
      "cannot send: the builder asked for entry 7, which was not offered to it",
    ],
    [(end) => end.send(reqPacket(1)), /asked for entry 1,/],
    [(end) => (end.send(reqPacket(0)), end.send(reqPacket(0))), /asked for entry 0,/],
    [
      (end) => end.send(new Uint8Array([0xff])),
      "cannot read a packet of the builder: it is malformed",
    ],
  ];
  for (const [act, message] of cases) {
    const [ours, theirs] = memoryStreams();
    let acted = false;
    const reading = theirs.receive((bytes) => {
      if (bytes.length === 0 && !acted) act(theirs);
      acted ||= bytes.length === 0;
    }).catch(() => {});
    const error = await sendFolder(ours, { root: tree.root }).catch((error) => error);
    assert.ok(error instanceof Error);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    ours.end();
    await reading;
  }
});

Deno.test("a stuck stream does not hold up a transfer that has failed, nor one that is aborted", async () => {
  await using tree = await makeTree(`a 200000\nb 3000000\nc "x"`);
  for (const abort of [true, false]) {
    const over = new AbortController();
    const offered = Promise.withResolvers<void>();
    const requests = [reqPacket(0), reqPacket(1), reqPacket(2)];
    const sending = sendFolder({
      send(bytes) { // `taken` is never called
        if (bytes.length === 0) offered.resolve();
      },
      report() {},
      drained: () => new Promise(() => {}),
      async receive(onMessage) {
        await offered.promise;
        for (const request of requests) await onMessage(request);
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (abort) over.abort(new Error("cancelled"));
        else await onMessage(errPacket("no"));
        await new Promise(() => {});
      },
      signal: over.signal,
    }, { root: tree.root });
    const error = await sending.catch((error) => error);
    if (abort) assert.equal(error.message, "cancelled");
    else assert.ok(error instanceof PeerError);
  }
});

Deno.test("the event loop gets its turn while many files are walked and sent", async () => {
  const root = await Deno.makeTempDir({ dir: "/dev/shm" });
  await using _ = removedLater(root);
  for (let i = 0; i < 12_000; i++) Deno.writeTextFileSync(`${root}/${i}`, "content");
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const { files } = await transfer(root);
  clearInterval(timer);
  assert.equal(files.size, 12_000);
  assert.ok(turns >= 3, `${turns} turns`);
});
