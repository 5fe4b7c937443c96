import { equal } from "node:assert/strict";
import { bitString, context, integer, objectId, octetString, sequence, time } from "./der.ts";

Deno.test("DER as the standard's examples have it", () => {
  const hex = (bytes: Uint8Array) => bytes.toHex();
  equal(hex(integer(new Uint8Array([0]))), "020100");
  equal(hex(integer(new Uint8Array([0, 0, 0x7f]))), "02017f");
  equal(hex(integer(new Uint8Array([0x80]))), "02020080");
  equal(hex(objectId("1.2.840.113549.1.1.5")), "06092a864886f70d010105");
  equal(hex(objectId("2.5.29.15")), "0603551d0f");
  equal(hex(bitString(new Uint8Array([0x80]), 7)), "03020780");
  equal(hex(context(0, integer(new Uint8Array([2])), true)), "a003020102");
  equal(hex(sequence()), "3000");
  equal(hex(octetString(new Uint8Array(0x7f))).slice(0, 4), "047f");
  equal(hex(octetString(new Uint8Array(0x80))).slice(0, 6), "048180");
  equal(hex(octetString(new Uint8Array(0x100))).slice(0, 8), "04820100");
  const text = (bytes: Uint8Array) => `${bytes[0]} ${new TextDecoder().decode(bytes.subarray(2))}`;
  equal(text(time(new Date("2049-12-31T23:59:59.9Z"))), "23 491231235959Z");
  equal(text(time(new Date("2050-01-01T00:00:00Z"))), "24 20500101000000Z");
});
