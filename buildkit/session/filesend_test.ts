import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { removedLater } from "../../tests/harness/remove_folder.ts";
import { bytesMessage, callMethod } from "../../tests/session/fake_call.ts";
import { Code } from "../grpc/status.ts";
import type { Metadata } from "../grpc/metadata.ts";
import { fileSend, type ReceiveTree, type TreeOutput } from "./filesend.ts";
import { fileOutput } from "./output_file.ts";
import { pipeOutput } from "./output_pipe.ts";
import type { ByteOutput } from "./output_sink.ts";

const path = "/moby.filesync.v1.FileSend/DiffCopy";
const noTree: ReceiveTree = () => Promise.reject(new Error("no tree here"));

function send(
  outputs: [number, ByteOutput | TreeOutput][],
  messages: Iterable<Uint8Array>,
  metadata: Metadata = [],
  receiveTree = noTree,
): Promise<Uint8Array[]> {
  return callMethod(fileSend(new Map(outputs), receiveTree), path, { metadata, messages });
}

function* numbered(total: number, size: number): Generator<Uint8Array> {
  for (let at = 0; at < total;) {
    const part = new Uint8Array(Math.min(size, total - at));
    for (let i = 0; i < part.length; i++) part[i] = (at + i) % 251;
    yield bytesMessage(part);
    at += part.length;
  }
}

async function names(dir: string): Promise<string[]> {
  const found = [];
  for await (const { name } of Deno.readDir(dir)) found.push(name);
  return found.sort();
}

async function inTemp(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  await using _ = removedLater(dir);
  await body(dir);
}

Deno.test("a file appears whole, and only after the build was well", () =>
  inTemp(async (dir) => {
    for (const [total, size] of [[1, 1], [5_000_000, 4096], [9_000_001, 3 << 20]] as const) {
      const dest = `${dir}/new/folder/out-${total}.tar`;
      const output = fileOutput(dest);
      deepEqual(await send([[0, output]], numbered(total, size)), []);
      await rejects(Deno.stat(dest), Deno.errors.NotFound);
      await output.commit();
      const bytes = await Deno.readFile(dest);
      equal(bytes.length, total);
      ok(bytes.every((byte, at) => byte === at % 251));
      equal((await Deno.stat(`${dir}/new`)).mode! & 0o777, 0o755);
    }
    deepEqual((await names(`${dir}/new/folder`)).filter((name) => name.startsWith(".")), []);
  }));

Deno.test("a failed build leaves what was there, and nothing else", () =>
  inTemp(async (dir) => {
    const dest = `${dir}/out.tar`;
    await Deno.writeTextFile(dest, "before");
    const output = fileOutput(dest);
    await send([[0, output]], numbered(3_000_000, 65536));
    equal((await names(dir)).length, 2);
    await output.discard();
    await output.discard();
    deepEqual(await names(dir), ["out.tar"]);
    equal(await Deno.readTextFile(dest), "before");

    const cut = function* () {
      yield* numbered(3_000_000, 65536);
      throw new Error("connection lost");
    };
    await rejects(send([[0, output]], cut()), { message: "connection lost" });
    deepEqual(await names(dir), ["out.tar"]);
  }));

Deno.test("a file that is replaced keeps its mode, and a link to it stays", () =>
  inTemp(async (dir) => {
    await Deno.writeTextFile(`${dir}/real`, "before", { mode: 0o640 });
    await Deno.chmod(`${dir}/real`, 0o640);
    await Deno.symlink("real", `${dir}/link`);
    await Deno.symlink("later", `${dir}/dangling`);
    for (const name of ["link", "dangling"]) {
      const output = fileOutput(`${dir}/${name}`);
      await send([[0, output]], numbered(10, 5));
      await output.commit();
    }
    deepEqual(await names(dir), ["dangling", "later", "link", "real"]);
    equal((await Deno.stat(`${dir}/real`)).mode! & 0o777, 0o640);
    equal((await Deno.stat(`${dir}/real`)).size, 10);
    ok((await Deno.lstat(`${dir}/link`)).isSymlink);
    equal((await Deno.stat(`${dir}/later`)).size, 10);
  }));

Deno.test("no bytes, no file; a name of 255 bytes is not too long", () =>
  inTemp(async (dir) => {
    const none = fileOutput(`${dir}/none`);
    await send([[0, none]], []);
    await none.commit();
    deepEqual(await names(dir), []);
    const long = fileOutput(`${dir}/${"x".repeat(255)}`);
    await send([[0, long]], numbered(3, 3));
    await long.commit();
    equal((await names(dir))[0]!.length, 255);
  }));

Deno.test("what can't be written fails the call, with the path", () =>
  inTemp(async (dir) => {
    await Deno.writeTextFile(`${dir}/file`, "");
    const below = fileOutput(`${dir}/file/out.tar`);
    await rejects(send([[0, below]], numbered(5, 5)), {
      name: "OutputError",
      message: `cannot write ${dir}/file/out.tar: not a directory`,
    });
    const full = fileOutput("/dev/full");
    await rejects(send([[0, full]], numbered(50_000_000, 65536)), {
      name: "OutputError",
      message: "cannot write /dev/full: no space left on device",
    });
    await full.discard();
    deepEqual(await names(dir), ["file"]);
  }));

Deno.test("standard output: every byte, in order, slowly", async () => {
  const got: Uint8Array[] = [];
  let writes = 0;
  const output = pipeOutput(async (bytes) => {
    writes++;
    await new Promise((resolve) => setTimeout(resolve, 0));
    const n = Math.min(bytes.length, 700_000);
    got.push(bytes.slice(0, n));
    return n;
  });
  await send([[3, output]], numbered(20_000_000, 4096), [
    ["buildkit-attachable-exporter-id", "3"],
  ]);
  await output.commit();
  let at = 0;
  for (const part of got) {
    for (const byte of part) if (byte !== at++ % 251) throw new Error(`${at}`);
  }
  equal(at, 20_000_000);
  ok(writes < 60, `${writes} writes`);
  const broken = pipeOutput(() =>
    Promise.reject(new Deno.errors.BrokenPipe("Broken pipe (os error 32)"))
  );
  await rejects(send([[0, broken]], numbered(5, 5)), {
    message: "cannot write to standard output: broken pipe",
  });
});

Deno.test("a stuck pipe doesn't hold the end of the build back", async () => {
  const stuck = pipeOutput(() => new Promise(() => {}));
  const end = new AbortController();
  const call = callMethod(fileSend(new Map([[0, stuck]]), noTree), path, {
    messages: numbered(2_000_000, 65536),
    signal: end.signal,
    open: true,
  });
  setTimeout(() => end.abort(new Error("cancelled")), 10);
  await rejects(call, { message: "cancelled" });
  await stuck.discard();
});

Deno.test("an output that was never asked for is refused", async () => {
  await rejects(send([], [], [["buildkit-attachable-exporter-id", "7"]]), {
    name: "RpcError",
    code: Code.NOT_FOUND,
    message: "exporter 7 not found",
  });
});

Deno.test("the exporter's answers come with the call", async () => {
  let seen = {};
  const output: ByteOutput = {
    open(metadata) {
      seen = metadata;
      throw new Error("enough");
    },
    commit: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
  await rejects(
    send([[0, output]], [], [
      ["exporter-md-image.name", "a"],
      ["exporter-md-image.name", "b"],
      ["exporter-md-containerimage.digest", "sha256:x"],
      ["exporter-md-constructor", "c"],
      ["other", "x"],
    ]),
    { message: "enough" },
  );
  deepEqual(seen, {
    "image.name": "a,b",
    "containerimage.digest": "sha256:x",
    constructor: "c",
  });
});

Deno.test("a tree goes to its folder; mode=delete needs a daemon that sends it whole", async () => {
  const calls: unknown[] = [];
  const receive: ReceiveTree = (_stream, directory, { mode }) => {
    calls.push([directory, mode]);
    return Promise.resolve();
  };
  const copy = { directory: "/out", mode: "copy" } as const;
  const mirror = { directory: "/out", mode: "delete" } as const;
  await send([[0, copy]], [], [], receive);
  await send([[0, mirror]], [], [["buildkit-exporter-multi-platform", "1"]], receive);
  deepEqual(calls, [["/out", "copy"], ["/out", "delete"]]);
  await rejects(send([[0, mirror]], [], [], receive), { code: Code.FAILED_PRECONDITION });
});
