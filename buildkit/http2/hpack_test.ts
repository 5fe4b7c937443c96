import assert from "node:assert/strict";
import { Http2Error } from "./errors.ts";
import { type Header, HpackDecoder, HpackEncoder } from "./hpack.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(/\s/g, ""));

/** The examples of RFC 7541 appendix C: each list of blocks is read by one decoder. */
const DATE1 = "Mon, 21 Oct 2013 20:13:21 GMT";
const DATE2 = "Mon, 21 Oct 2013 20:13:22 GMT";
const REQUESTS: Header[][] = [
  [[":method", "GET"], [":scheme", "http"], [":path", "/"], [":authority", "www.example.com"]],
  [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "www.example.com"],
    ["cache-control", "no-cache"],
  ],
  [
    [":method", "GET"],
    [":scheme", "https"],
    [":path", "/index.html"],
    [":authority", "www.example.com"],
    ["custom-key", "custom-value"],
  ],
];
const RESPONSES: Header[][] = [
  [
    [":status", "302"],
    ["cache-control", "private"],
    ["date", DATE1],
    ["location", "https://www.example.com"],
  ],
  [
    [":status", "307"],
    ["cache-control", "private"],
    ["date", DATE1],
    ["location", "https://www.example.com"],
  ],
  [
    [":status", "200"],
    ["cache-control", "private"],
    ["date", DATE2],
    ["location", "https://www.example.com"],
    ["content-encoding", "gzip"],
    ["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
  ],
];
/** Where the examples set the dynamic table to 256 bytes, so do we, by an update in front. */
const TABLE_OF_256 = "3fe101";

const EXAMPLES: [name: string, blocks: string[], lists: Header[][]][] = [
  ["C.2.1 literal, indexed", [
    "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
  ], [[["custom-key", "custom-header"]]]],
  ["C.2.2 literal", ["040c 2f73 616d 706c 652f 7061 7468"], [[[":path", "/sample/path"]]]],
  ["C.2.3 literal, never indexed", ["1008 7061 7373 776f 7264 0673 6563 7265 74"], [
    [["password", "secret"]],
  ]],
  ["C.2.4 indexed", ["82"], [[[":method", "GET"]]]],
  ["C.3 requests", [
    "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
    "8286 84be 5808 6e6f 2d63 6163 6865",
    "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
  ], REQUESTS],
  ["C.4 requests, Huffman coded", [
    "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
    "8286 84be 5886 a8eb 1064 9cbf",
    "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
  ], REQUESTS],
  ["C.5 responses, with eviction", [
    TABLE_OF_256 + `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
    2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
    "4803 3330 37c1 c0bf",
    `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a
    6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d
    6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
  ], RESPONSES],
  ["C.6 responses, Huffman coded, with eviction", [
    TABLE_OF_256 + `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
    2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
    "4883 640e ffc1 c0bf",
    `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d
    d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106
    3d50 07`,
  ], RESPONSES],
];

for (const [name, blocks, lists] of EXAMPLES) {
  Deno.test(`HPACK decodes RFC 7541 ${name}`, () => {
    const decoder = new HpackDecoder(4096);
    blocks.forEach((block, i) => assert.deepEqual(decoder.decode(bytes(block)), lists[i]));
  });
}

Deno.test("HPACK: what the encoder writes, a decoder reads, in order and with repeated names", () => {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(1 << 20);
  const lists: Header[][] = [
    [[":status", "200"], ["a", "1"], ["b", ""], ["a", "2"], ["a", "1"]],
    [["authorization", "Bearer x"], ["long", "y".repeat(100_000)], ["\x7e", "\xff\x80 \x01"]],
    [["grpc-status-details-bin", "CAUS"], [":path", "/index.html"]],
  ];
  for (const list of lists) assert.deepEqual(decoder.decode(encoder.encode(list)), list);
});

Deno.test("HPACK: the first block sets the table to 0, a sensitive field is never indexed", () => {
  const encoder = new HpackEncoder();
  assert.equal(encoder.encode([["authorization", "x"]])[0], 0x20);
  assert.equal(encoder.encode([["authorization", "x"]])[0]! & 0xf0, 0x10);
  assert.equal(encoder.encode([["user-agent", "x"]])[0]! & 0xf0, 0x00);
});

Deno.test("HPACK: what no field may hold is refused, and the encoder goes on", () => {
  const encoder = new HpackEncoder();
  for (const value of ["a\nb", "a\rb", "a\0b", "€"]) {
    assert.throws(() => encoder.encode([["x", value]]), /^TypeError: cannot send header "x"/);
  }
  assert.deepEqual(new HpackDecoder(99).decode(encoder.encode([["x", "y"]])), [["x", "y"]]);
});

const BROKEN: [what: string, block: string][] = [
  ["index 0", "80"],
  ["index beyond the tables", "be"],
  ["an index without its end", "ff"],
  ["an endless integer", "ffffffffffffffffffff"],
  ["a string beyond the block", "0003 6162"],
  ["no value", "0001 61"],
  ["a table size update after a field", "8220"],
  ["a table size beyond ours", "3fe21f"],
  ["EOS in a string", "0001 6184 ffff ffff"],
  ["padding of zeros", "0001 6181 00"],
  ["padding of eight bits", "0001 6182 1fff"],
];
for (const [what, block] of BROKEN) {
  Deno.test(`HPACK: ${what} is an error`, () => {
    assert.throws(
      () => new HpackDecoder(4096).decode(bytes(block)),
      (error) => error instanceof Http2Error && error.code === 9,
    );
  });
}

Deno.test("HPACK: a list beyond the limit is left out, and the tables stay right", () => {
  const decoder = new HpackDecoder(100);
  const literal = bytes("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"); // 55 bytes
  assert.equal(decoder.decode(Uint8Array.of(...literal, ...literal)), null);
  assert.deepEqual(decoder.decode(Uint8Array.of(0xbe)), [["custom-key", "custom-header"]]);
  assert.equal(decoder.decode(new Uint8Array(1_000_000).fill(0xbe)), null);
});
