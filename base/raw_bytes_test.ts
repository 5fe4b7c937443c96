import { deepEqual, equal } from "node:assert/strict";
import { bytesOfText, displayText, textOfBytes } from "./raw_bytes.ts";

Deno.test("bytes become text and bytes again, whatever they are and however they are cut", () => {
  const random = crypto.getRandomValues(new Uint8Array(4096));
  const samples: Uint8Array[] = [
    new TextEncoder().encode("plain, ü, €, 😀"),
    Uint8Array.of(0xef, 0xbb, 0xbf, 0x61),
    Uint8Array.of(0xff, 0x61, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xe2, 0x82),
    random,
  ];
  for (const bytes of samples) {
    deepEqual(bytesOfText(textOfBytes(bytes)), bytes);
    for (let at = 0; at < Math.min(bytes.length, 30); at++) {
      const text = textOfBytes(bytes.subarray(0, at)) + textOfBytes(bytes.subarray(at));
      deepEqual(bytesOfText(text), bytes);
    }
  }
});

Deno.test("only bytes that are no UTF-8 are shown as replacement characters", () => {
  equal(textOfBytes(new TextEncoder().encode("ü😀")), "ü😀");
  const euro = new TextEncoder().encode("€");
  equal(displayText(textOfBytes(euro.subarray(0, 1)) + textOfBytes(euro.subarray(1))), "€");
  equal(displayText(textOfBytes(Uint8Array.of(0x61, 0xff))), "a\ufffd");
  deepEqual(bytesOfText("\ud800"), Uint8Array.of(0xef, 0xbf, 0xbd));
});
