import assert from "node:assert/strict";
import { context } from "../../tests/transports/contract_help.ts";
import { says } from "../../tests/transports/says.ts";
import { DialError } from "../errors.ts";
import { connectByProxy, proxyFor, spares } from "./proxy.ts";

// As golang.org/x/net/http/httpproxy has each.
Deno.test("NO_PROXY's entries", () => {
  const table: [string, string, boolean][] = [
    ["*", "api.example.com", true],
    ["example.com", "api.example.com", true],
    [".example.com", "api.example.com", true],
    ["*.example.com", "api.example.com", true],
    [".example.com", "example.com", false],
    ["*.example.com", "example.com", false],
    ["example.com", "example.com", true],
    ["example.com", "anexample.com", false],
    ["EXAMPLE.com", "api.Example.com", true],
    ["example.com:6443", "example.com", true],
    ["example.com:443", "example.com", false],
    ["10.0.0.0/8", "10.200.3.4", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["192.168.1.128/25", "192.168.1.127", false],
    ["192.168.1.128/25", "192.168.1.200", true],
    ["10.0.0.0/8", "ten.example.com", false],
    ["10.0.0.0/0", "11.0.0.1", true],
    ["10.1.2.3/33", "10.1.2.3", false],
    ["10.0.0.0/8:6443", "10.200.3.4", false],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2", "10.1.2.3", false],
    ["10.1.2.3:6443", "10.1.2.3", true],
    ["fd00::/8", "fd12:3456::1", true],
    ["fd00::/8", "fe80::1", false],
    ["2001:db8:0:8000::/49", "2001:db8:0:7fff::1", false],
    ["2001:db8:0:8000::/49", "2001:db8:0:ffff::1", true],
    ["fd00::1", "fd00:0::1", true],
    ["[fd00::1]:6443", "fd00::1", true],
    ["[fd00::1]:443", "fd00::1", false],
    ["::/0", "10.0.0.1", false],
  ];
  for (const [entry, host, expected] of table) {
    assert.equal(spares(entry, host, "6443"), expected, `${entry} and ${host}`);
  }
});

Deno.test("the environment's proxy for an API server", () => {
  const of = (server: string, env: Record<string, string>) =>
    proxyFor((name) => env[name], new URL(server));
  const server = "https://api.example.com:6443";
  assert.equal(of(server, {}), undefined);
  assert.equal(of(server, { HTTPS_PROXY: "http://p:3128" }), "http://p:3128");
  assert.equal(of(server, { https_proxy: "p:3128" }), "http://p:3128");
  assert.equal(of(server, { HTTP_PROXY: "http://p" }), undefined);
  assert.equal(of("http://api.example.com", { HTTP_PROXY: "http://p" }), "http://p");
  const spared = { HTTPS_PROXY: "http://p", NO_PROXY: "other, .example.com" };
  assert.equal(of(server, spared), undefined);
  for (const local of ["https://localhost:1", "https://127.0.0.1:1", "https://[::1]:1"]) {
    assert.equal(of(local, { HTTPS_PROXY: "http://p" }), undefined, local);
  }
});

Deno.test("the error for a proxy's address doesn't show a password", async () => {
  const addresses = [
    "u:hunter2@h:1",
    "ftp://u:hunter2@h",
    "http://u:hunter2/x@h",
    "http://u@2@h:x",
  ];
  for (const address of addresses) {
    const dial = connectByProxy(address, { host: "h", port: 1 }, "kube-pod://b", context());
    await assert.rejects(dial, says(DialError, /the proxy's address is not valid: [^u@2]*h\b/));
  }
});
