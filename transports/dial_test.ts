import assert from "node:assert/strict";
import { transports } from "./all.ts";
import { createRegistry } from "./registry.ts";
import { wantsTls, warnPlaintext } from "./dial.ts";

const registry = createRegistry(transports);

Deno.test("any of the four options asks for TLS", () => {
  assert(!wantsTls({}));
  for (const option of ["cacert", "cert", "key", "servername"]) {
    assert(wantsTls({ [option]: "/x" }));
  }
});

Deno.test("plain TCP to another machine causes a warning", () => {
  assert.equal(warnPlaintext(registry, "TCP://10.0.0.1:1234", {}), "tcp://10.0.0.1:1234");
  assert.equal(warnPlaintext(registry, "tcp://10.0.0.1:1234", { cacert: "/ca.pem" }), undefined);
  assert.equal(warnPlaintext(registry, "tcp://localhost:1234", {}), undefined);
  assert.equal(warnPlaintext(registry, "unix:///s", {}), undefined);
});
