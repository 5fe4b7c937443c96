import assert from "node:assert/strict";
import { FsyncError } from "./errors.ts";
import { copyStat, readPacket } from "./packet_reader.ts";
import {
  dataHeaderRoom,
  emptyStat,
  endOfListing,
  errPacket,
  finPacket,
  PacketType,
  reqPacket,
  type Stat,
  statWriter,
  writeDataHead,
} from "./packet.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (data: Uint8Array) => data.toHex();

/** A stat with these fields, the others zero. */
function stat(fields: Partial<Stat> = {}): Stat {
  return { ...emptyStat(), path: bytes("a"), ...fields };
}

Deno.test("a STAT packet's bytes are protobuf's", () => {
  const write = statWriter();
  assert.equal(hex(write(stat())), "1203" + "0a0161");
  assert.equal(
    hex(write(stat({ mode: 0x800001ed, size: 300 }))),
    "120c" + "0a0161" + "10ed83808008" + "28ac02",
  );
  assert.equal(hex(endOfListing), "");
  assert.equal(hex(finPacket), "0803");
  assert.equal(hex(reqPacket(0)), "0801");
  assert.equal(hex(reqPacket(300)), "080118ac02");
  assert.equal(hex(errPacket("no")), "080422026e6f");
});

Deno.test("a DATA packet's head ends where it is told to", () => {
  const into = new Uint8Array(dataHeaderRoom);
  const head = (id: number, length: number) =>
    hex(into.subarray(writeDataHead(into, dataHeaderRoom, id, length)));
  assert.equal(head(0, 0), "0802");
  assert.equal(head(1, 0), "08021801");
  assert.equal(head(0xffffffff, 0x100000), "0802" + "18ffffffff0f" + "22808040");
});

Deno.test("a stat comes back as it went, times to the nanosecond", () => {
  const write = statWriter();
  const times: [number, number][] = [[0, 1], [1, 0], [1795485806, 999_999_999], [-1, 999_999_999], [
    -315619200,
    1,
  ]];
  times.push([9_000_000_000, 123_456_789], [-9_000_000_000, 0], [0x7fffffff, 0], [0x100000000, 0]);
  for (const [mtimeSeconds, mtimeNanos] of times) {
    const sent = stat({
      path: bytes("ä/\u{1f600}"),
      mode: 0x8f2801ff,
      uid: 7,
      gid: 0xffffffff,
      size: 2 ** 52 + 1,
      mtimeSeconds,
      mtimeNanos,
      linkname: bytes("x".repeat(200)),
      devmajor: 259,
      devminor: 70000,
      xattrs: [{ name: bytes("user.a"), value: bytes("") }, {
        name: bytes("b"),
        value: new Uint8Array(70000),
      }],
    });
    const packet = readPacket(write(sent));
    assert.equal(packet.type, PacketType.stat);
    assert.deepEqual(copyStat(packet.stat!), sent);
  }
});

Deno.test("times are the 64-bit number of nanoseconds", () => {
  const write = statWriter();
  const packet = write(stat({ mtimeSeconds: -1, mtimeNanos: 999_999_999 }));
  assert.equal(hex(packet), "120e" + "0a0161" + "30ffffffffffffffffff01", "-1");
  assert.equal(
    hex(write(stat({ mtimeSeconds: 1, mtimeNanos: 1 }))),
    "1209" + "0a0161" + "308194ebdc03",
  );
});

Deno.test("packets come back as they went; what is unknown is skipped", () => {
  assert.equal(readPacket(endOfListing).stat, undefined);
  assert.deepEqual(readPacket(reqPacket(300)).id, 300);
  assert.deepEqual(readPacket(errPacket("wörld")).data, bytes("wörld"));
  const unknown = Uint8Array.fromHex(
    "0801" + "2a0161" + "307f" + "390102030405060708" + "4501020304" + "1805",
  );
  assert.deepEqual({ ...readPacket(unknown) }, {
    type: 1,
    stat: undefined,
    id: 5,
    data: new Uint8Array(0),
  });
});

Deno.test("any bytes give a packet or an FsyncError", () => {
  const write = statWriter();
  const good = write(
    stat({ mode: 420, linkname: bytes("l"), xattrs: [{ name: bytes("n"), value: bytes("v") }] }),
  ).slice();
  for (let cut = 0; cut < good.length; cut++) check(good.slice(0, cut));
  for (let at = 0; at < good.length; at++) {
    for (const value of [0, 1, 7, 0x0b, 0x7f, 0x80, 0xff]) {
      const changed = good.slice();
      changed[at] = value;
      check(changed);
    }
  }
  check(Uint8Array.fromHex("0affffffff7f"));
  check(Uint8Array.fromHex("ffffffffffffffffffffff"));
  function check(message: Uint8Array): void {
    try {
      readPacket(message);
    } catch (error) {
      assert.ok(error instanceof FsyncError, String(error));
    }
  }
});
