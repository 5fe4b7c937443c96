import assert from "node:assert/strict";
import { says } from "../tests/transports/says.ts";
import { transports } from "./all.ts";
import { EndpointError } from "./errors.ts";
import { createRegistry } from "./registry.ts";
import { tcp } from "./schemes/tcp.ts";
import { unix } from "./schemes/unix.ts";

const registry = createRegistry([unix, tcp]);

Deno.test("a registry finds a transport whatever the case of the scheme", () => {
  assert.equal(registry.find("unix:///s"), unix);
  assert.equal(registry.find("TCP://h:1"), tcp);
});

Deno.test("two registries don't share transports, and each has a scheme once", () => {
  assert.equal(createRegistry([tcp]).find("tcp://h:1"), tcp);
  assert.throws(() => createRegistry([tcp]).find("unix:///s"), EndpointError);
  assert.throws(() => createRegistry([tcp, unix, tcp]), /two transports have the scheme tcp/);
});

Deno.test("the error for an unknown scheme names the known ones", () => {
  for (
    const [endpoint, expected] of [
      ["unx:///s", /unknown scheme "unx"; did you mean unix:\/\/\? known schemes are unix, tcp$/],
      ["quic://u:hunter2@h?token=hunter2", /unknown scheme "quic"; known schemes are unix, tcp$/],
      ["unix:/run/s", /did you mean unix:\/\/\/run\/s\?$/],
      ["tcp:h:1", /did you mean tcp:\/\/h:1\?$/],
      ["tcp:/h:1", /did you mean tcp:\/\/h:1\?$/],
      ["/run/s", /it has no scheme; .*unix:\/\/\/run\/.* or tcp:/],
      ["localhost:1234", /it has no scheme/],
      ["", /it is empty/],
    ] as const
  ) {
    assert.throws(() => registry.find(endpoint), says(EndpointError, expected));
  }
});

Deno.test("every built-in transport is one file with one export, named as its scheme", async () => {
  for (const transport of transports) {
    const file = transport.scheme.replaceAll("-", "_");
    const exports = Object.values(await import(`./schemes/${file}.ts`));
    assert.deepEqual(exports, [transport]);
  }
});
