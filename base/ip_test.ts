import assert from "node:assert/strict";
import { contains, ipText, parseIp, parseNetwork } from "./ip.ts";

// The results are those of Go's net.ParseIP and net.IP.String.
const good: [text: string, hex: string, printed?: string][] = [
  ["0.0.0.0", "00000000"],
  ["10.0.200.255", "0a00c8ff"],
  ["::", "0".repeat(32)],
  ["::1", "0".repeat(31) + "1"],
  ["1::", "0001" + "0".repeat(28)],
  ["0:0:0:0:0:0:0:1", "0".repeat(31) + "1", "::1"],
  ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ["1:2:3:4:5:6:7::", "00010002000300040005000600070000", "1:2:3:4:5:6:7:0"],
  ["2001:DB8::00a:0:0:1", "20010db800000000000a000000000001", "2001:db8::a:0:0:1"],
  ["1:0:0:2:0:0:0:3", "00010000000000020000000000000003", "1:0:0:2::3"],
  ["::ffff:10.0.0.1", "00000000000000000000ffff0a000001", "10.0.0.1"],
  ["64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221", "64:ff9b::c000:221"],
  ["1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304", "1:2:3:4:5:6:102:304"],
];
for (const [text, hex, printed = text] of good) {
  Deno.test(`parseIp() reads ${text}, which ipText() writes`, () => {
    const address = parseIp(text)!;
    assert.equal(address.toHex(), hex);
    assert.equal(ipText(address), printed);
  });
}

const bad = [
  ...[
    "",
    ".",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    "1.2.3.-4",
    "0x1.2.3.4",
    "1.2..3",
  ],
  ...[":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2:3:4:5:6:7:8", "12345::"],
  ...["g::", "::1.2.3", "::01.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", ":1::"],
  ...["::1:", "[::1]", "::1%eth0", " ::1", "::1\n", "::1]/[", "::\t1", "localhost", "１.2.3.4"],
];
for (const text of bad) {
  Deno.test(`parseIp() refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseIp(text), undefined);
  });
}

Deno.test("parseNetwork() reads an address and a length", () => {
  assert.deepEqual(parseNetwork("10.1.2.3/8"), { address: Uint8Array.of(10, 1, 2, 3), prefix: 8 });
  assert.equal(parseNetwork("::/128")?.prefix, 128);
  for (
    const text of ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "/8", "x/8"]
  ) {
    assert.equal(parseNetwork(text), undefined, text);
  }
  for (const text of ["10.0.0.0/8/8", "10.0.0.0/8 ", "10.0.0.0/ 8", "10.0.0.0/8.0", "10.0.0/8"]) {
    assert.equal(parseNetwork(text), undefined, text);
  }
});

const members: [network: string, address: string, inside: boolean][] = [
  ["10.1.0.0/15", "10.0.255.255", true],
  ["10.1.0.0/15", "10.2.0.0", false],
  ["10.1.2.3/32", "10.1.2.3", true],
  ["10.1.2.3/32", "10.1.2.2", false],
  ["0.0.0.0/0", "255.1.2.3", true],
  ["0.0.0.0/0", "::1", false],
  ["::/0", "10.0.0.1", false],
  ["::ffff:0:0/96", "::ffff:1.2.3.4", true],
  ["2001:db8::/33", "2001:db8:7fff::1", true],
  ["2001:db8::/33", "2001:db8:8000::1", false],
];
for (const [network, address, inside] of members) {
  Deno.test(`contains(): ${address} is ${inside ? "" : "not "}in ${network}`, () => {
    assert.equal(contains(parseNetwork(network)!, parseIp(address)!), inside);
  });
}
