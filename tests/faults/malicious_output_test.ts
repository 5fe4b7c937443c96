/**
 * A daemon that tries to write outside the output folder. A mock, since no real daemon does; every
 * case also checks that nothing outside was touched (`against_fake.ts`).
 */
import assert from "node:assert/strict";
import { Mode } from "../../buildkit/fsync/packet.ts";
import { BytesMessage } from "../../proto/gen/control.ts";
import {
  dataPacket,
  type Entry,
  exportTree,
  openExport,
  statPacket,
} from "../fake_buildkitd/files.ts";
import { buildAgainst, checkFailed, refusal, toFolder, toTar } from "./against_fake.ts";
import { entriesOf } from "./leftovers.ts";

const link = Mode.symlink + 0o777;

/**
 * Entries that must be refused, and the message to the user: one of each way out of the folder.
 * `buildkit/fsync/receiver_hostile_test.ts` and `validator_test.ts` there have all the others.
 */
const refused: [name: string, entries: Entry[], message: RegExp][] = [
  ["a path with ..", [{ path: "../outside/evil" }], /"\.\.\/outside\/evil": it leads out/],
  ["an absolute path", [{ path: "/tmp/fl-evil" }], /"\/tmp\/fl-evil": it is absolute/],
  [
    "a file through a link that leads out",
    [{ path: "l", mode: link, linkname: "../outside" }, { path: "l/evil", content: "x" }],
    /"l\/evil": it is out of order/,
  ],
  ["a hard link to outside", [{ path: "h", linkname: "../outside/victim" }], /"h"/],
];

for (const [name, entries, message] of refused) {
  Deno.test(`refused in an output: ${name}`, async () => {
    const ended = await buildAgainst(async (build) => {
      const error = await refusal(exportTree(await build.session(), entries));
      assert.match(error.message, /cannot/);
      throw error;
    }, { args: toFolder });
    checkFailed(ended, message);
  });
}

Deno.test("a link that leads out may be sent, but nothing is written through it", async () => {
  const ended = await buildAgainst(async (build) => {
    await exportTree(await build.session(), [
      { path: "a", content: "first" },
      { path: "l", mode: link, linkname: "../outside/victim" },
      { path: "z", linkname: "a" },
    ]);
  }, {
    args: toFolder,
    after(folder) {
      assert.deepEqual(entriesOf(`${folder}/out`), ["a", "l", "z"]);
      assert.equal(Deno.readLinkSync(`${folder}/out/l`), "../outside/victim");
      assert.equal(Deno.readTextFileSync(`${folder}/out/z`), "first");
    },
  });
  assert.equal(ended.code, 0, ended.stderr);
});

Deno.test("bytes that are no packet are refused, in a folder and in a tar", async () => {
  for (const [args, code] of [[toFolder, 1], [toTar, 100]] as const) {
    const ended = await buildAgainst(async (build) => {
      const call = openExport(await build.session());
      call.send(new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0x7f, 1]));
      throw await refusal(call.receive(() => {}));
    }, { args, after: (folder) => assert.ok(!entriesOf(folder).includes("o.tar")) });
    checkFailed(ended, /malformed|cannot read a message/, code);
  }
});

Deno.test("a message beyond the limit is refused", async () => {
  const ended = await buildAgainst(async (build) => {
    const call = openExport(await build.session());
    call.send(statPacket({ path: "a" }));
    call.send(dataPacket(0, new Uint8Array(17 << 20)));
    throw await refusal(call.receive(() => {}));
  }, { args: toFolder });
  checkFailed(ended, /bytes exceed the limit of 16777216/, 102);
});

Deno.test("a tar whose build fails after the last byte is not kept", async () => {
  const ended = await buildAgainst(async (build) => {
    const call = openExport(await build.session());
    call.send(BytesMessage.encode({ data: new Uint8Array(100_000) }).finish());
    call.endSend();
    await call.receive(() => {});
    throw new Error("the exporter failed");
  }, { args: toTar, after: (folder) => assert.ok(!entriesOf(folder).includes("o.tar")) });
  checkFailed(ended, /the exporter failed/);
});

Deno.test("an output that was never requested is written nowhere", async () => {
  for (const id of [1, 7, 4294967296]) {
    const ended = await buildAgainst(async (build) => {
      const call = openExport(await build.session(), id);
      call.send(statPacket({ path: "a" }));
      throw await refusal(call.receive(() => {}));
    }, { args: toFolder, after: (folder) => assert.deepEqual(entriesOf(`${folder}/out`), []) });
    checkFailed(ended, new RegExp(`exporter ${id} not found`));
  }
});

Deno.test("a build without an output serves none", async () => {
  const ended = await buildAgainst(async (build) => {
    const session = await build.session();
    assert.ok(!session.methods.some((method) => method.includes("FileSend")));
    throw await refusal(openExport(session).receive(() => {}));
  });
  checkFailed(ended, /FileSend\/DiffCopy is not served/);
});

Deno.test("an endless listing ends with Ctrl-C", async () => {
  const stop = new AbortController();
  const ended = await buildAgainst(async (build) => {
    const call = openExport(await build.session());
    const listed = async () => {
      for (let i = 0; !build.signal.aborted; i++) {
        // The same width, so that they stay in order; files without end would fill the disk.
        call.send(
          statPacket({ path: `d${String(i).padStart(9, "0")}`, mode: link, linkname: "x" }),
        );
        if (i % 1000 === 999) await call.drained(64 << 10);
        if (i === 5000) stop.abort(new DOMException("as Ctrl-C does", "AbortError"));
      }
    };
    await Promise.race([listed().catch(() => {}), call.receive(() => {})]);
  }, { args: toFolder, signal: stop.signal });
  assert.equal(ended.code, 130, ended.stderr);
});
