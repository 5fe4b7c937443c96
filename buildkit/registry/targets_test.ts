import { equal } from "node:assert/strict";
import { clearProblem, mayCarryLogin, realmProblem, targetProblem } from "./targets.ts";

const permitted = ["p.lan:5000"];

Deno.test("a login goes along to the registry alone", () => {
  const cases: [string, string, boolean][] = [
    ["https://r.io", "https://r.io/v2/", true],
    ["https://r.io", "https://r.io:443/v2/", true],
    ["https://r.io", "http://r.io/v2/", false],
    ["https://r.io", "https://r.io:444/v2/", false],
    ["https://r.io", "https://r.io.evil.example/", false],
    ["https://r.io", "https://evil.example/r.io", false],
    ["https://r.io", "https://r.io@evil.example/", false],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5001/", false],
    ["http://127.0.0.1:5000", "http://127.0.0.1:5000/x", true],
  ];
  for (const [registry, to, may] of cases) equal(mayCarryLogin(registry, new URL(to)), may, to);
});

Deno.test("a token server is asked with a login by TLS, or on this machine", () => {
  const cases: [string, string, boolean][] = [
    ["https://r.io", "https://auth.io/token", true],
    ["https://r.io", "http://auth.io/token", false],
    ["https://r.io", "http://r.io/token", false],
    ["https://r.io", "http://127.0.0.1:1/token", true],
    ["https://r.io", "http://localhost.evil.example/token", false],
    ["http://r.lan:5000", "http://r.lan:5000/token", false],
    // Permitted.
    ["http://p.lan:5000", "http://p.lan:5000/token", true],
    ["http://p.lan:5000", "http://p.lan:5001/token", false],
    ["http://r.lan:5000", "http://p.lan:5000/token", false],
    ["https://r.io", "ftp://auth.io/token", false],
  ];
  for (const [registry, realm, may] of cases) {
    equal(realmProblem(registry, new URL(realm), permitted) === undefined, may, realm);
  }
});

Deno.test("a login goes without TLS to this machine, and to permitted hosts", () => {
  const cases: [string, boolean][] = [
    ["https://r.io", true],
    ["http://r.io", false],
    ["http://127.0.0.1:5000", true],
    ["http://[::1]:5000", true],
    ["http://127.0.0.1.evil.example", false],
    ["http://p.lan:5000", true],
    ["http://p.lan", false],
    ["http://p.lan:5001", false],
  ];
  for (const [to, may] of cases) equal(clearProblem(new URL(to), permitted) === undefined, may, to);
});

Deno.test("where a registry may send requests on to", () => {
  const cases: [string, string, boolean][] = [
    ["https://r.io", "https://cdn.example/blob?signature=x", true],
    ["https://r.io", "http://cdn.example/blob", true],
    ["https://r.io", "http://127.0.0.1:2375/containers/create", false],
    ["https://r.io", "http://localhost/", false],
    ["https://r.io", "http://[::1]:80/", false],
    ["https://r.io", "http://2130706433/", false],
    ["https://r.io", "http://0x7f.1/", false],
    ["https://r.io", "http://0.0.0.0:2375/", false],
    ["https://r.io", "http://[::ffff:127.0.0.1]/", false],
    ["https://r.io", "http://localhost./", false],
    ["http://127.0.0.1:5000", "http://127.0.0.1:9000/bucket", true],
    ["https://r.io", "https://u:p@cdn.example/", false],
    ["https://r.io", "file:///etc/passwd", false],
    ["https://r.io", "data:,x", false],
  ];
  for (const [registry, to, may] of cases) {
    equal(targetProblem(registry, new URL(to)) === undefined, may, to);
  }
});
