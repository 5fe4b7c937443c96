/**
 * The generated codecs, held against bytes written by hand from the description of the encoding.
 */
import assert from "node:assert/strict";
import { BytesMessage, StatusResponse, UsageRecord } from "./gen/control.ts";
import { ReadContentResponse, WriteContentRequest } from "./gen/content.ts";
import { OpMetadata, SourceInfo } from "./gen/pb.ts";
import { Policy } from "./gen/sourcepolicy.ts";
import { messageOf } from "./message_of.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));
const written = (writer: { finish(): Uint8Array }) => writer.finish().toHex();

Deno.test("codecs: text, a 64-bit number and a flag", () => {
  const record = messageOf(UsageRecord, { ID: "testing", Mutable: true, Size: 150n });
  const encoded = "0a 07 74657374696e67 10 01 20 9601";
  assert.equal(written(UsageRecord.encode(record)), encoded.replaceAll(" ", ""));
  assert.deepEqual(UsageRecord.decode(bytes(encoded)), record);
});

Deno.test("codecs: 64-bit numbers keep every bit, and one that is too large is refused", () => {
  for (const Size of [-1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    const record = messageOf(UsageRecord, { Size });
    assert.equal(UsageRecord.decode(UsageRecord.encode(record).finish()).Size, Size);
  }
  assert.throws(
    () => UsageRecord.encode(messageOf(UsageRecord, { Size: 2n ** 63n })),
    /too large/,
  );
});

Deno.test("codecs: a map, an entry without a key and one without a value", () => {
  const { labels } = WriteContentRequest.decode(bytes("3a 06 0a 01 61 12 01 62"));
  assert.deepEqual(labels, { a: "b" });
  assert.deepEqual(WriteContentRequest.decode(bytes("3a 00")).labels, { "": "" });
  assert.deepEqual(WriteContentRequest.decode(bytes("3a 03 0a 01 61")).labels, { a: "" });
});

Deno.test("codecs: a map whose key is __proto__ changes no object's prototype", () => {
  const key = new TextEncoder().encode("__proto__").toHex();
  const { labels } = WriteContentRequest.decode(bytes(`3a 0e 0a 09 ${key} 12 01 62`));
  assert.equal(Object.getPrototypeOf(labels), Object.prototype);
});

Deno.test("codecs: an enum's unknown number is kept, as a later daemon may send it", () => {
  const request = WriteContentRequest.decode(bytes("08 63"));
  assert.equal(request.action as number, 99);
  assert.equal(written(WriteContentRequest.encode(request)), "0863");
});

Deno.test("codecs: unknown fields of each wire type, and known ones of another type, are skipped", () => {
  const unknown = "c00c 01  c10c 0102030405060708  c20c 01 ff  c30c 08 01 c40c  c50c 01020304";
  const decoded = UsageRecord.decode(bytes(`${unknown} 08 05 0a 01 61`));
  assert.deepEqual(decoded, messageOf(UsageRecord, { ID: "a" }));
});

Deno.test("codecs: a block of bytes is a view of what was received, not a copy", () => {
  const received = bytes("12 03 010203");
  const { data } = ReadContentResponse.decode(received);
  assert.deepEqual([...data], [1, 2, 3]);
  assert.equal(data.buffer, received.buffer);
  assert.equal(BytesMessage.decode(bytes("0a 01 ff")).data.length, 1);
});

Deno.test("codecs: what is no message throws, or ends where its last whole field ends", () => {
  for (const broken of ["0a", "0a 05 61", "20", "20 ffffffffffffffffffffff", "3a ff ff ff ff 0f"]) {
    assert.throws(() => UsageRecord.decode(bytes(broken)), broken);
  }
  for (const ended of ["0a 01 61 0c", "0a 01 61 00"]) {
    assert.equal(UsageRecord.decode(bytes(ended)).ID, "a");
  }
});

Deno.test("codecs: groups that lie in each other without end are an error, not a crash", () => {
  const groups = new Uint8Array(200_000).fill(0x7b);
  for (const codec of [StatusResponse, SourceInfo, OpMetadata, Policy]) {
    assert.throws(() => codec.decode(groups));
  }
});
