import { deepEqual, equal, throws } from "node:assert/strict";
import { parseHost } from "./host.ts";

const bytes = (text: string) => parseHost(text).address?.toHex();

Deno.test("names and addresses", () => {
  for (const name of ["localhost", "a", "build.example.com", "*.example.com", "a_b-c.d", "1a.2b"]) {
    deepEqual(parseHost(name), { text: name });
  }
  equal(bytes("127.0.0.1"), "7f000001");
  equal(bytes("[fe80::a:b]"), "fe80000000000000000000000" + "00a000b");
});

Deno.test("a text that is neither a name nor an address is refused", () => {
  const bad = [
    ...["", "a b", "http://x", "x:1", "1.2.3", "256.1.1.1", "01.1.1.1", "-x", "x-", "a..b", "é"],
    ...["*", "a.*", "**.a", "::1::", "1.2.3.4:5", "x".repeat(64), "a,b"],
  ];
  for (const text of bad) throws(() => parseHost(text), { name: "UsageError" }, text);
});
